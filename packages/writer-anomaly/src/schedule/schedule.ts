import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { dayFacts, dayOf } from '../baseline/calendar.ts'
import { doDiffer, type Offset } from '../baseline/clock-rules.ts'
import { keepLast } from '../baseline/sorted-window.ts'
import { medianOf, quantileIn } from '../probability/quantiles.ts'

/** The starts of a pipeline, and how well its weeks predicted them. Plain JSON. */
export interface Schedule {
  /** The starts of the last three weeks and some, ascending. */
  readonly starts: number[]
  /** The outcomes of the last slots of the week, true if there was a start, newest last. */
  readonly hits: boolean[]
  /** The delays of the last starts after their slots, in milliseconds, newest last. */
  readonly delays: number[]
  /** The votes for each rule of clocks: how often it was right when the rules differed. */
  readonly votes: number[]
}

/** The time at which the next run is due. */
export interface DueRun {
  readonly lastMs: number
  readonly expectedMs: number
  /** The time from which a start is later than the pipeline's own scatter explains. */
  readonly deadlineMs: number
  /** The usual time between two runs. */
  readonly intervalMs: number
  readonly runs: number
  /** True if the weekly slots are known, false if only the gaps are. */
  readonly isWeekly: boolean
}

const KEPT_MS = 22.5 * DAY_MS
const MIN_KEPT = 41
const MAX_KEPT = 8000
export const MIN_GAPS = 6
const WEEK_MS = 7 * DAY_MS
const KEPT_HITS = 40
const KEPT_DELAYS = 120
/** The share of slots that must have been kept for a missed one to matter. */
const RELIABLE = 0.85
/** The maximum interval for which weeks say more than gaps. */
const MAX_WEEKLY_MS = 4 * DAY_MS

export function schedule(): Schedule {
  return { starts: [], hits: [], delays: [], votes: [] }
}

/** Learns a start, in its place if it was recorded late. */
export function learnStart(known: Schedule, startMs: number, rules: readonly Offset[]): void {
  const { starts } = known
  const last = starts.at(-1)
  if (last !== undefined && startMs <= last) {
    const at = firstAfter(starts, startMs)
    if (at > 0 && starts[at - 1] !== startMs) starts.splice(at, 0, startMs)
    return
  }
  if (last !== undefined) noteSlot(known, startMs, rules)
  starts.push(startMs)
  let drop = Math.max(0, starts.length - MAX_KEPT)
  while (drop < starts.length - MIN_KEPT && (starts[drop] ?? 0) < startMs - KEPT_MS) drop++
  if (drop > 64 || starts.length <= MIN_KEPT + 64) starts.splice(0, drop)
}

/** Compares a start with the next slot. A start before it, as in a backfill, says nothing about it. */
function noteSlot(known: Schedule, startMs: number, rules: readonly Offset[]): void {
  const { starts, hits, delays } = known
  const intervalMs = usualGap(starts)
  const slots = slotsAfter(known, intervalMs, rules)
  if (!slots) return
  const within = tolerance(intervalMs)
  const nearest = slots.reduce((best, each) => (Math.abs(startMs - each) < Math.abs(startMs - best) ? each : best))
  if (startMs < nearest - within) return
  keepLast(hits, startMs <= nearest + within, KEPT_HITS)
  if (startMs > nearest + intervalMs) return
  keepLast(delays, startMs - nearest, KEPT_DELAYS)
  if (new Set(slots).size === 1) return
  slots.forEach((slot, rule) => {
    known.votes[rule] =
      0.8 * (known.votes[rule] ?? 0) + Number(Math.abs(startMs - slot) <= Math.min(within, HOUR_MS / 3))
  })
}

/** Returns the time at which the next run is due; undefined with fewer than 6 gaps, and if runs follow no schedule. */
export function dueRun(known: Schedule, rules: readonly Offset[]): DueRun | undefined {
  const { starts, hits } = known
  const lastMs = starts.at(-1)
  if (lastMs === undefined || starts.length <= MIN_GAPS) return undefined
  const intervalMs = usualGap(starts)
  const about = { lastMs, intervalMs, runs: starts.length }
  const isPredictable =
    hits.length < 5 ? isLikeWeekBefore(starts, intervalMs) : hits.filter(Boolean).length >= RELIABLE * hits.length
  const slots = isPredictable ? slotsAfter(known, intervalMs, rules) : undefined
  if (slots) {
    // Until a pipeline has shown which clocks it follows, it may follow any.
    const expectedMs = Math.max(...slots)
    return { ...about, expectedMs, deadlineMs: expectedMs + allowance(known, intervalMs), isWeekly: true }
  }
  const waitMs = regularWait(starts, intervalMs)
  if (waitMs === undefined) return undefined
  const deadlineMs = lastMs + waitMs + unseenWeekendMs(starts, lastMs, waitMs)
  return { ...about, expectedMs: lastMs + intervalMs, deadlineMs, isWeekly: false }
}

/** Returns whether the last three weeks had runs, and none of them at a weekend. */
export function restsAtWeekends({ starts }: Schedule, localMs: (timeMs: number) => number): boolean {
  if (starts.length < MIN_GAPS || (starts.at(-1) ?? 0) - (starts[0] ?? 0) < 14 * DAY_MS) return false
  // By the clocks of other zones, a Friday night may be a Saturday.
  const weekend = starts.filter((start) => dayFacts(dayOf(localMs(start))).isWeekend).length
  return weekend <= 0.15 * starts.length
}

/** Returns whether most starts of the last week had one a week before: it is not known yet when runs are due, but it is known that weeks matter. */
function isLikeWeekBefore(starts: readonly number[], intervalMs: number): boolean {
  const lastMs = starts.at(-1) ?? 0
  const week = starts.slice(firstAfter(starts, lastMs - WEEK_MS))
  // The clocks may have changed in between.
  const within = Math.max(tolerance(intervalMs), Math.min(HOUR_MS + 10 * 60_000, 0.45 * intervalMs))
  return week.filter((start) => nearest(starts, start - WEEK_MS, within) !== undefined).length >= RELIABLE * week.length
}

/** Returns the time by which a start may be late: the pipeline's own scatter, and at least what matters to nobody. */
function allowance({ delays }: Schedule, intervalMs: number): number {
  const floor = Math.max(10 * 60_000, Math.min(2 * HOUR_MS, 0.05 * intervalMs))
  if (delays.length < 10) return Math.max(floor, 0.5 * intervalMs)
  const sizes = delays.map(Math.abs).sort((a, b) => a - b)
  // Waits have an exponential tail, and a frequent pipeline has more occasions to be late.
  const decades = Math.log10((25 * WEEK_MS) / intervalMs)
  // Two of the largest may have been incidents.
  return Math.max(floor, 1.35 * decades * quantileIn(sizes, 0.9), 1.5 * (sizes.at(-3) ?? 0))
}

/** Returns the time after a run at which the next is expected if only gaps are known; undefined if these follow no rule. */
function regularWait(starts: readonly number[], intervalMs: number): number | undefined {
  const recent = starts.slice(-MIN_KEPT)
  const gaps = recent
    .slice(1)
    .map((start, at) => start - (recent[at] ?? 0))
    .filter((gap) => gap >= 0.1 * intervalMs)
    .sort((a, b) => a - b)
  if (gaps.length < MIN_GAPS) return undefined
  const longest = longestGap(starts)
  const ageMs = (starts.at(-1) ?? 0) - (starts[0] ?? 0)
  const isYoung = ageMs < 14 * DAY_MS
  // Nothing is known yet of nights and days off.
  if (intervalMs < DAY_MS / 2 && ageMs < 3 * DAY_MS) return undefined
  // A pipeline that is started on demand has gaps of every length.
  if (quantileIn(gaps, 0.9) > (isYoung ? 3.2 : 1.6) * Math.max(quantileIn(gaps, 0.1), 0.4 * intervalMs))
    return undefined
  if (intervalMs > MAX_WEEKLY_MS) return longest + Math.max(2 * HOUR_MS, Math.min(DAY_MS, 0.1 * intervalMs))
  return Math.max(1.5 * longest, 2 * intervalMs)
}

/** The time in which each part of a week has come once. */
const LOOK_BACK_MS = 9 * DAY_MS

/** Returns the longest gap of the last starts, a weekend among them: those of a frequent pipeline may lie within a few days. */
function longestGap(starts: readonly number[]): number {
  const sinceMs = (starts.at(-1) ?? 0) - LOOK_BACK_MS
  let longest = 0
  for (let at = starts.length - 1; at > 0; at--) {
    if (starts.length - at >= MIN_KEPT && (starts[at] ?? 0) < sinceMs) break
    longest = Math.max(longest, (starts[at] ?? 0) - (starts[at - 1] ?? 0))
  }
  return longest
}

/** Returns the gap in which half of the time is spent: many runs within an hour do not make it short. */
export function usualGap(starts: readonly number[]): number {
  const recent = starts.slice(-2 * MIN_KEPT)
  const gaps = recent
    .slice(1)
    .map((start, at) => start - (recent[at] ?? 0))
    .sort((a, b) => a - b)
  const median = quantileIn(gaps, 0.5)
  const few = gaps.filter((gap) => gap < 0.1 * quantileIn(gaps, 0.9))
  return few.length === 0 ? median : quantileIn(gaps.slice(few.length), 0.5)
}

/** The share of the shortest usual gap within which a start belongs to the slot of the last start. */
const NEXT_SHARE = 0.5

/** Returns the gap that is shorter than four fifths of the last ones. */
function shortestGap(starts: readonly number[]): number {
  const recent = starts.slice(-MIN_KEPT)
  const gaps = recent.slice(1).map((start, at) => start - (recent[at] ?? 0))
  return quantileIn(
    gaps.sort((a, b) => a - b),
    0.2,
  )
}

/** Returns the distance from a slot within which a start belongs to it, in milliseconds. */
export function tolerance(intervalMs: number): number {
  return Math.min(6 * HOUR_MS, Math.max(0.25 * intervalMs, Math.min(10 * 60_000, 0.4 * intervalMs)))
}

const OVER_WEEKEND_MS = 3 * DAY_MS

/** Returns the next slot by each rule of clocks that may hold, or the one that all agree on; undefined if the weeks show none. */
function slotsAfter({ starts, votes }: Schedule, intervalMs: number, rules: readonly Offset[]): number[] | undefined {
  const lastMs = starts.at(-1)
  if (lastMs === undefined) return undefined
  const [first] = rules
  // The clocks may change at a weekend without runs.
  if (!doDiffer(rules, lastMs + Math.max(intervalMs, OVER_WEEKEND_MS))) {
    const slot = weekly(starts, { lastMs, intervalMs, offset: first })
    return slot === undefined ? undefined : [slot]
  }
  const best = Math.max(0, ...votes)
  const slots = rules.map((offset, rule) => {
    if (best > 1 && (votes[rule] ?? 0) < 0.6 * best) return undefined
    return weekly(starts, { lastMs, intervalMs, offset })
  })
  const likely = slots.find((slot) => slot !== undefined)
  return likely === undefined ? undefined : slots.map((slot) => slot ?? likely)
}

interface WeekQuestion {
  readonly lastMs: number
  readonly intervalMs: number
  readonly offset: Offset | undefined
}

/** Returns the first instant after `lastMs` at which at least two of the last three weeks had a start, by the clocks of the rule. */
function weekly(starts: readonly number[], { lastMs, intervalMs, offset = () => 0 }: WeekQuestion): number | undefined {
  if (intervalMs > MAX_WEEKLY_MS || lastMs - (starts[0] ?? lastMs) < 14 * DAY_MS) return undefined
  const within = tolerance(intervalMs)
  const afterMs = Math.max(within, NEXT_SHARE * shortestGap(starts))
  /** Returns the same time of the week, this many weeks later. */
  const shiftByWeeks = (timeMs: number, weeks: number) => {
    const then = timeMs + weeks * WEEK_MS
    return then + offset(timeMs) - offset(then)
  }
  for (let at = firstAfter(starts, lastMs - WEEK_MS - HOUR_MS); at < starts.length; at++) {
    const seen = starts[at] ?? 0
    if (shiftByWeeks(seen, 1) <= lastMs + afterMs) continue
    const before = [1, 2].map((weeks) => nearest(starts, shiftByWeeks(seen, -weeks), within))
    const found = [seen, ...before].flatMap((start, back) => (start === undefined ? [] : shiftByWeeks(start, back + 1)))
    if (found.length >= 2) return medianOf(found)
  }
  return undefined
}

/** Returns the position of the first start after an instant. */
export function firstAfter(starts: readonly number[], timeMs: number): number {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((starts[middle] ?? 0) > timeMs) high = middle
    else low = middle + 1
  }
  return low
}

/** Returns the start nearest to an instant, which in a dense schedule need not be the first within reach. */
export function nearest(starts: readonly number[], timeMs: number, within: number): number | undefined {
  const after = firstAfter(starts, timeMs)
  const [early, late] = [starts[after - 1], starts[after]]
  const best = late === undefined || (early !== undefined && timeMs - early <= late - timeMs) ? early : late
  return best !== undefined && Math.abs(best - timeMs) <= within ? best : undefined
}

/** Returns two further days if the wait crosses a weekend and none was seen yet. */
function unseenWeekendMs(starts: readonly number[], lastMs: number, waitMs: number): number {
  if (lastMs - (starts[0] ?? lastMs) >= 9 * DAY_MS) return 0
  for (let day = dayOf(lastMs); day <= dayOf(lastMs + waitMs); day++) {
    if (dayFacts(day).isWeekend) return 2 * DAY_MS
  }
  return 0
}
