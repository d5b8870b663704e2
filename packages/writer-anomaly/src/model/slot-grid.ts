import { DAY_MS, HOUR_MS } from '../baseline/calendar.ts'
import { usualGap } from './schedule.ts'

/** The slots of a schedule: instants a fixed interval apart. Plain JSON. */
export interface SlotGrid {
  readonly intervalMs: number
  /** When the earliest runs of a slot start, within the interval. */
  readonly phaseMs: number
  /** How much earlier than that a run may start and still belong to its slot. */
  readonly slackMs: number
  /** Runs that the pipeline had when it was found. */
  readonly runs: number
}

const MIN_STARTS = 10
const LOOKED_AT = 60
const MIN_INTERVAL_MS = 10 * 60_000
/** Share of the starts that must lie together, in that part of the interval. */
const SHARE = 0.9
const MAX_SPREAD = 0.6
const MAX_SLACK = 0.25
const MAX_SLACK_MS = 2 * HOUR_MS
/** Part of the interval after its slot beyond which a run is none of it. */
const MAX_LATE = 0.5

/** The slots that the last starts lie in; undefined where they lie anywhere. */
export function slotGrid(starts: readonly number[], runs: number, known?: SlotGrid): SlotGrid | undefined {
  if (starts.length < MIN_STARTS) return undefined
  const usual = usualGap(starts)
  // Cron intervals are whole minutes; beyond a day the time of the day is what stays.
  const intervalMs = usual >= 0.8 * DAY_MS ? DAY_MS : Math.round(usual / 300_000) * 300_000
  if (intervalMs < MIN_INTERVAL_MS) return undefined
  const phases = starts
    .slice(-LOOKED_AT)
    .map((start) => start % intervalMs)
    .sort((a, b) => a - b)
  const count = Math.ceil(SHARE * phases.length)
  let [phaseMs, spread] = [0, Number.POSITIVE_INFINITY]
  for (const [at, first] of phases.entries()) {
    const end = at + count - 1
    const last = end < phases.length ? (phases[end] ?? 0) : (phases[end - phases.length] ?? 0) + intervalMs
    if (last - first < spread) [phaseMs, spread] = [first, last - first]
  }
  if (spread > MAX_SPREAD * intervalMs) return undefined
  // What is near stays where it is: a slot at midnight must not change its day.
  if (known?.intervalMs === intervalMs && isNear(known.phaseMs, phaseMs, intervalMs)) return { ...known, runs }
  return {
    intervalMs,
    phaseMs,
    slackMs: Math.min(MAX_SLACK * intervalMs, MAX_SLACK_MS, (intervalMs - spread) / 2),
    runs,
  }
}

/** The slot that a run which started then belongs to: however long it waited, it has the work of the time at which it was due. */
export function slotOf(grid: SlotGrid | undefined, startMs: number): number {
  if (!grid) return startMs
  const { intervalMs, phaseMs, slackMs } = grid
  const slot = phaseMs + Math.floor((startMs - phaseMs + slackMs) / intervalMs) * intervalMs
  return startMs - slot > MAX_LATE * intervalMs ? startMs : slot
}

function isNear(a: number, b: number, cycleMs: number): boolean {
  const apart = Math.abs(a - b) % cycleMs
  return Math.min(apart, cycleMs - apart) < 0.2 * cycleMs
}
