import type { Anomaly } from '@forge/writer-core'
import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { dateOf, isDayOfRest } from '../baseline/calendar.ts'
import { runGap } from '../findings/run-gap.ts'
import { type Arrivals, lateChance, longestDelay, usualDelay, usualSpan } from '../schedule/arrivals.ts'
import { type DueRun, dueRun, restsAtWeekends } from '../schedule/schedule.ts'
import type { PipelineState } from './pipeline-state.ts'
import type { Workings } from './workings.ts'

/** The overdue times, in intervals, at which a continuing gap is reported again; it doubles after the last. */
const ESCALATES_AT = [0.9, 2, 4]
/** The time without runs after which a pipeline counts as given up: at least two weeks, and this many intervals. */
const RETIRED_MS = 14 * DAY_MS
const RETIRED_INTERVALS = 4
/** The share of the interval that rows may take to come, if nothing is known of their delay. */
const UNKNOWN_DELAY = 0.1
/** The time within which a run that waited for the one before it starts: a maximum, and a share of the interval. */
const MAX_HANDOVER_MS = 5 * 60_000
const HANDOVER_SHARE = 0.05
/** The maximum probability, per slot of a week, that the missing runs are only late rows: a frequent pipeline has more occasions for late rows. */
const MAX_CHANCE_PER_WEEK = 0.04
/** The interval below which a pipeline is frequent, and the time by which one of its runs may be late. */
const OFTEN_MS = 6 * HOUR_MS
const PATIENCE_MS = 12 * HOUR_MS
/** The factor by which late rows of a frequent pipeline are more likely than observed. */
const OFTEN_WEIGHT = 2.5
const PATIENCE_INTERVALS = 10
/** The interval below which a single slot without a run matters to nobody once the next run has come, and the length of a gap that matters, in intervals. */
const DENSE_MS = 0.8 * HOUR_MS
const MIN_DENSE_GAP = 1.5
/** The minimum share of common steps by which a new pipeline is an old one with another name. */
const SAME_STEPS = 0.6

/** Returns the gap before a run that started at `startMs`, if it is longer than it should be and no run that would fill it is on its way. */
export function gapBefore(
  pipeline: string,
  state: PipelineState,
  startMs: number,
  work: Workings,
): Anomaly | undefined {
  const due = nextRun(state, work)
  if (!due || startMs <= due.deadlineMs || hasWaited(state, due, startMs)) return undefined
  if (due.intervalMs < DENSE_MS && startMs - due.expectedMs < MIN_DENSE_GAP * due.intervalMs) return undefined
  const { nowMs } = work
  const { arrivals } = state
  const isEnough = isUnlikelyLate(state, due, startMs)
  const settledMs = due.expectedMs + (isEnough ? (usualDelay(arrivals) ?? 0) : patience(arrivals, due))
  if (nowMs >= startMs && nowMs < settledMs) {
    state.pendingGaps.push({ due, untilMs: startMs, settledMs })
    return undefined
  }
  return runGap(pipeline, due, { untilMs: startMs, nowMs, isOpen: false })
}

/** Returns whether the run started as soon as the run before it ended, which was still running when it was due. */
function hasWaited({ lastEndMs }: PipelineState, { expectedMs, intervalMs }: DueRun, startMs: number): boolean {
  const afterMs = startMs - lastEndMs
  return lastEndMs > expectedMs && afterMs >= 0 && afterMs <= Math.min(MAX_HANDOVER_MS, HANDOVER_SHARE * intervalMs)
}

/** Returns the gaps that a later run has shown, once no run that would fill them is expected. */
export function settledGaps(pipeline: string, state: PipelineState, { nowMs }: Workings): Anomaly[] {
  if (state.pendingGaps.length === 0) return []
  const { starts } = state.schedule
  const settled = state.pendingGaps.filter(({ settledMs }) => nowMs >= settledMs)
  const waiting = state.pendingGaps.filter(({ settledMs }) => nowMs < settledMs)
  state.pendingGaps.splice(0, state.pendingGaps.length, ...waiting)
  return settled.flatMap(({ due, untilMs }) => {
    const isFilled = starts.some((start) => start > due.lastMs && start < untilMs)
    return isFilled ? [] : (runGap(pipeline, due, { untilMs, nowMs, isOpen: false }) ?? [])
  })
}

/**
 * Returns the run that should be in the log by now: it is reported when it is overdue, and again as the gap grows, until the pipeline counts as given
 * up.
 */
export function openGap(pipeline: string, state: PipelineState, work: Workings): Anomaly | undefined {
  const { nowMs } = work
  const due = nextRun(state, work)
  if (!due) return undefined
  const { arrivals } = state
  const delayMs = usualDelay(arrivals) ?? UNKNOWN_DELAY * due.intervalMs + (usualSpan(arrivals) ?? 0)
  if (nowMs <= due.deadlineMs + delayMs) return undefined
  if (!isUnlikelyLate(state, due, nowMs - delayMs) && nowMs <= due.deadlineMs + patience(arrivals, due))
    return undefined
  if (nowMs - due.lastMs > Math.max(RETIRED_MS, RETIRED_INTERVALS * due.intervalMs)) return undefined
  const untilMs = Math.max(due.deadlineMs + 1, due.expectedMs + escalation(due, nowMs) * due.intervalMs)
  const gap = runGap(pipeline, due, { untilMs, nowMs, isOpen: true })
  if (!gap) return undefined
  const { detectedAt: _, ...facts } = gap
  const text = JSON.stringify(facts)
  if (state.openGap === text) return undefined
  state.openGap = text
  const renamed = newName(pipeline, state, due, work)
  return renamed === undefined ? gap : { ...gap, suppressedBy: `renamed:${renamed}` }
}

/** Returns the time to wait for one of many runs: a single run is not urgent, and late rows come within hours. */
function patience(arrivals: Arrivals, { intervalMs }: DueRun): number {
  const longest = longestDelay(arrivals)
  return intervalMs < OFTEN_MS ? Math.max(longest, Math.min(PATIENCE_MS, PATIENCE_INTERVALS * intervalMs)) : longest
}

/** Returns whether the slots without a run are too many to be explained by late rows. */
function isUnlikelyLate({ arrivals }: PipelineState, { expectedMs, intervalMs }: DueRun, untilMs: number): boolean {
  const slots = Math.max(1, Math.floor((untilMs - expectedMs) / intervalMs + 0.25))
  const chance = (intervalMs < OFTEN_MS ? OFTEN_WEIGHT : 1) * lateChance(arrivals)
  return chance ** slots <= (MAX_CHANCE_PER_WEEK * intervalMs) / (7 * DAY_MS)
}

function nextRun({ schedule }: PipelineState, { options: { holidays, zone, rules } }: Workings): DueRun | undefined {
  const due = dueRun(schedule, rules)
  if (!due) return undefined
  const localMs = zone.localMs(due.expectedMs)
  if (holidays.size > 0) return holidays.has(dateOf(localMs)) ? undefined : due
  // Without a calendar of holidays, nobody is woken on common holidays.
  return isDayOfRest(localMs) && restsAtWeekends(schedule, zone.localMs) ? undefined : due
}

/** Returns the last threshold that the growing gap has passed, in intervals. */
function escalation({ expectedMs, intervalMs }: DueRun, nowMs: number): number {
  const overdue = (nowMs - expectedMs) / intervalMs
  const reached = ESCALATES_AT.findLast((level) => overdue >= level)
  return reached !== undefined && overdue >= 4 ? 2 ** Math.floor(Math.log2(overdue)) : (reached ?? 0)
}

/** Returns the name of a pipeline that began when this one ended, with the same steps. */
function newName(
  pipeline: string,
  { steps, newestMs }: PipelineState,
  { expectedMs, intervalMs }: DueRun,
  { pipelines }: Workings,
): string | undefined {
  for (const [name, other] of pipelines) {
    if (name === pipeline || other.firstMs < newestMs - intervalMs || other.firstMs > expectedMs + 2 * intervalMs)
      continue
    const shared = [...steps.values()].filter(
      ({ phase, step }) => phase !== 'pipeline' && other.steps.has(`${phase}\0${step}`),
    ).length
    if (shared > 0 && shared >= SAME_STEPS * Math.max(steps.size, other.steps.size)) return name
  }
  return undefined
}
