import { DAY_MS, dayFacts, dayOf, HOUR_MS } from '../baseline/calendar.ts'
import { medianOf, quantileIn } from '../statistics/quantiles.ts'

/** When a pipeline started, by the clocks of the zone, and how well its week predicted it. Plain JSON. */
export interface Schedule {
  /** Ascending, of the last three weeks and some. */
  readonly starts: number[]
  /** Whether the last starts came when the weeks before said, newest last. */
  readonly hits: boolean[]
}

/** When the next run is due. */
export interface DueRun {
  readonly lastMs: number
  readonly expectedMs: number
  readonly deadlineMs: number
  /** Usual time between two runs. */
  readonly intervalMs: number
  readonly runs: number
  /** Whether weeks or only gaps are known. */
  readonly isWeekly: boolean
}

const KEPT_MS = 22.5 * DAY_MS
const LEAST_KEPT = 41
const MOST_KEPT = 8000
const LEAST_GAPS = 6
const WEEK_MS = 7 * DAY_MS

export function schedule(): Schedule {
  return { starts: [], hits: [] }
}

/** Learns a start. Older ones than the newest are re-runs of the past and say nothing. */
export function learnStart(known: Schedule, startMs: number): void {
  const { starts, hits } = known
  const last = starts.at(-1)
  if (last !== undefined && startMs <= last) return
  const predicted = last === undefined ? undefined : weekly(starts, last, medianGap(starts))
  if (predicted !== undefined) {
    hits.push(Math.abs(startMs - predicted) <= tolerance(medianGap(starts)))
    if (hits.length > 20) hits.shift()
  }
  starts.push(startMs)
  let drop = Math.max(0, starts.length - MOST_KEPT)
  while (drop < starts.length - LEAST_KEPT && (starts[drop] ?? 0) < startMs - KEPT_MS) drop++
  if (drop > 64 || starts.length <= LEAST_KEPT + 64) starts.splice(0, drop)
}

/** When the next run is due after the last that was seen; undefined with fewer than 6 gaps. */
export function dueRun(known: Schedule): DueRun | undefined {
  const { starts, hits } = known
  const lastMs = starts.at(-1)
  if (lastMs === undefined || starts.length <= LEAST_GAPS) return undefined
  const gaps = gapsOf(starts)
  const intervalMs = quantileIn(gaps, 0.5)
  const about = { lastMs, intervalMs, runs: starts.length }
  const isPredictable = hits.length < 5 || hits.filter(Boolean).length >= 0.6 * hits.length
  const weeklyMs = isPredictable ? weekly(starts, lastMs, intervalMs) : undefined
  if (weeklyMs !== undefined) {
    const deadlineMs = weeklyMs + Math.max(0.5 * intervalMs, 10 * 60_000)
    return { ...about, expectedMs: weeklyMs, deadlineMs, isWeekly: true }
  }
  const upper = hits.length < 5 ? 1.5 * quantileIn(gaps, 0.95) : 1.5 * (gaps.at(-1) ?? 0)
  const waitMs = Math.max(upper, 2 * intervalMs)
  const deadlineMs = lastMs + waitMs + unseenWeekendMs(starts, lastMs, waitMs)
  return { ...about, expectedMs: lastMs + intervalMs, deadlineMs, isWeekly: false }
}

/** Gaps between the last 40 starts, ascending. */
function gapsOf(starts: readonly number[]): number[] {
  const recent = starts.slice(-LEAST_KEPT)
  return recent
    .slice(1)
    .map((start, at) => start - (recent[at] ?? 0))
    .sort((a, b) => a - b)
}

function medianGap(starts: readonly number[]): number {
  return quantileIn(gapsOf(starts), 0.5)
}

function tolerance(intervalMs: number): number {
  return Math.min(6 * HOUR_MS, Math.max(0.25 * intervalMs, 10 * 60_000))
}

/** The first instant after `lastMs` at which at least two of the last three weeks had a start. */
function weekly(starts: readonly number[], lastMs: number, intervalMs: number): number | undefined {
  if (intervalMs > 4 * DAY_MS || lastMs - (starts[0] ?? lastMs) < 14 * DAY_MS) return undefined
  const within = tolerance(intervalMs)
  for (let at = firstAfter(starts, lastMs - WEEK_MS + within); at < starts.length; at++) {
    const seen = starts[at] ?? 0
    const weeks = [seen, nearest(starts, seen - WEEK_MS, within), nearest(starts, seen - 2 * WEEK_MS, within)]
    const found = weeks.flatMap((start, back) => (start === undefined ? [] : start + (back + 1) * WEEK_MS))
    if (found.length >= 2) return medianOf(found)
  }
  return undefined
}

function firstAfter(starts: readonly number[], timeMs: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) > timeMs) high = middle
    else low = middle + 1
  }
  return low
}

function nearest(starts: readonly number[], timeMs: number, within: number): number | undefined {
  const at = firstAfter(starts, timeMs - within - 1)
  const start = starts[at]
  return start !== undefined && start <= timeMs + within ? start : undefined
}

/** Two days more where the wait crosses a weekend and none was seen yet. */
function unseenWeekendMs(starts: readonly number[], lastMs: number, waitMs: number): number {
  if (lastMs - (starts[0] ?? lastMs) >= 9 * DAY_MS) return 0
  for (let day = dayOf(lastMs); day <= dayOf(lastMs + waitMs); day++) {
    if (dayFacts(day).isWeekend) return 2 * DAY_MS
  }
  return 0
}
