import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { usualGap } from './schedule.ts'

/** The slots of a schedule: instants a fixed interval apart. Plain JSON. */
export interface SlotGrid {
  readonly intervalMs: number
  /** The offset of the earliest starts of a slot, within the interval. */
  readonly phaseMs: number
  /** The time by which a run may start earlier and still belong to its slot. */
  readonly slackMs: number
  /** The number of runs of the pipeline when it was found. */
  readonly runs: number
}

const MIN_STARTS = 10
const LOOKED_AT = 60
const MIN_INTERVAL_MS = 10 * 60_000
/** The minimum share of the starts that lie together, and the part of the interval in which they do. */
const SHARE = 0.9
const MAX_SPREAD = 0.6
const MAX_SLACK = 0.25
const MAX_SLACK_MS = 2 * HOUR_MS
/** The part of the interval after which a run does not belong to its slot. */
const MAX_LATE = 0.5

/** Finds the slots of the last starts; undefined if these lie anywhere. */
export function slotGrid(starts: readonly number[], runs: number, known?: SlotGrid): SlotGrid | undefined {
  if (starts.length < MIN_STARTS) return undefined
  const usual = usualGap(starts)
  // Cron intervals are whole minutes; beyond a day, only the time of the day is constant.
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
  // A slot that is near the known one does not move: a slot at midnight must not change its day.
  if (known?.intervalMs === intervalMs && isNear(known.phaseMs, phaseMs, intervalMs)) return { ...known, runs }
  return {
    intervalMs,
    phaseMs,
    slackMs: Math.min(MAX_SLACK * intervalMs, MAX_SLACK_MS, (intervalMs - spread) / 2),
    runs,
  }
}

/** Returns the slot that a run belongs to by its start: however long it waited, it does the work of the time at which it was due. */
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
