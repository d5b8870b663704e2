import { DAY_MS } from '@forge/writer-core/storage'
import { medianOf, quantileIn } from '../probability/quantiles.ts'
import { weekOf } from './calendar.ts'
import type { Metric } from './metric.ts'
import { noteRecord, type Records } from './records.ts'
import { fitSeason, NO_SEASON, offsetAt, type Season } from './season.ts'
import { noteSide, type Side, side } from './side.ts'
import { addTo, keepLast, type SortedWindow, sortedWindow } from './sorted-window.ts'

/**
 * The number of values from which the level is computed: few enough to follow growth, enough not to follow noise. For frequent runs it covers two
 * weeks: the end of a month is not the level.
 */
const LEVEL_VALUES = 15
const LEVEL_DAYS = 14
const MAX_LEVEL_VALUES = 336
/** The number of errors from which the spread is computed. */
const SPREAD_ERRORS = 63
/** The maximum number of values to remember, however often the pipeline runs: two months of a run each quarter of an hour. */
const MAX_VALUES = 6000
/** The limit in robust deviations to which larger errors are cut before they are learned. */
const WINSOR = 4
/** A factor of 1.25, on a logarithmic scale. */
const FAR_SHIFT = 0.22
/** The age from which the season of a series is fitted less often. */
const GROWN_MS = 56 * DAY_MS
const TAIL_VALUES = 20
/** The number of values before which nothing is reported about a series. */
export const COLD_VALUES = 5

/** The memory of one figure of one step, as plain JSON. */
export interface ValueBaseline {
  /** The number of values learned since the beginning. */
  count: number
  /** The time of the first value. */
  firstMs: number
  /** The number of values since the last change of level. */
  sinceShift: number
  /** The times as the clocks of the zone show them. */
  readonly times: number[]
  /** The values on the metric's scale, moved to the current level. */
  readonly values: number[]
  season: Season
  /** The week of the last fit of the season. */
  fitted: number
  /** The last values without the season. */
  level: SortedWindow
  /** The absolute errors of predictions one value ahead. */
  errors: SortedWindow
  readonly records: Records
  side: Side
  /** The last values as they were given, to be displayed. */
  readonly tail: number[]
  lastRun: string
}

/** The expectation of a baseline at an instant, on the metric's scale. */
export interface Expectation {
  readonly center: number
  readonly scale: number
}

export interface WindowOptions {
  /** The minimum number of values to remember, regardless of their age. */
  readonly runs: number
  /** The age in days beyond which further values are forgotten. */
  readonly days: number
}

export function valueBaseline(): ValueBaseline {
  return {
    count: 0,
    firstMs: 0,
    sinceShift: 0,
    times: [],
    values: [],
    season: NO_SEASON,
    fitted: 0,
    level: sortedWindow(LEVEL_VALUES),
    errors: sortedWindow(SPREAD_ERRORS),
    records: [],
    side: side(),
    tail: [],
    lastRun: '',
  }
}

/** Returns what is expected next; undefined before the first value. `trials` is the number of which a share is taken. */
export function expect(
  baseline: ValueBaseline,
  metric: Metric,
  { timeMs, trials = 0 }: { readonly timeMs: number; readonly trials?: number | undefined },
): Expectation | undefined {
  if (baseline.values.length === 0) return undefined
  const center = quantileIn(baseline.level.sorted, 0.5) + offsetAt(baseline.season, timeMs)
  return { center, scale: spread(baseline, metric.floor(metric.fromScale(center), trials)) }
}

/** Returns the robust spread of the errors: the median, supported by the outer tenth if half of the errors are near zero. */
function spread({ errors: { sorted } }: ValueBaseline, floor: number): number {
  if (sorted.length === 0) return floor
  const body = 1.4826 * quantileIn(sorted, 0.5)
  const tails = 0.5 * (quantileIn(sorted, 0.9) / 1.645)
  return Math.max(body, tails, floor) * Math.sqrt(1 + 3 / sorted.length)
}

export interface Lesson {
  readonly timeMs: number
  readonly value: number
  readonly runId: string
  /** True if people said that the value is expected: it is learned unchanged. */
  readonly isExpected?: boolean | undefined
  /** The number of which a share is taken, such as rows. */
  readonly trials?: number | undefined
  readonly window: WindowOptions
  /** The expectation, if it was just computed. */
  readonly expected?: Expectation | undefined
  /** The explained part of the distance, on the metric's scale, which does not count as an error. */
  readonly shift?: number | undefined
}

/**
 * Learns a value. Level and season are medians, which outliers do not move; an error counts as four deviations at most. A further attempt of the run
 * that gave the last value replaces that value.
 */
export function learn(baseline: ValueBaseline, metric: Metric, lesson: Lesson): void {
  const { timeMs, window, runId } = lesson
  const shift = lesson.shift ?? 0
  const isFarShift = Math.abs(shift) > FAR_SHIFT
  const scaled = metric.toScale(lesson.value)
  const isAgain = runId !== '' && runId === baseline.lastRun
  if (isAgain) forgetNewest(baseline)
  const known = isAgain ? undefined : lesson.expected
  const expected = known ?? expect(baseline, metric, { timeMs, trials: lesson.trials ?? 0 })
  const error = expected ? scaled - expected.center - shift : 0
  if (baseline.count === 0) baseline.firstMs = timeMs
  baseline.times.push(timeMs)
  baseline.values.push(scaled)
  // A large explained part is left out of the level; a small one belongs to it. The values keep both: what comes back regularly is a season.
  addTo(baseline.level, scaled - (isFarShift ? shift : 0) - offsetAt(baseline.season, timeMs))
  if (expected) {
    const limit = lesson.isExpected || baseline.count < COLD_VALUES ? Infinity : WINSOR * expected.scale
    addTo(baseline.errors, Math.min(Math.abs(error), limit))
  }
  const z = expected ? error / expected.scale : 0
  noteSide(baseline.side, z, timeMs)
  if (expected && baseline.count >= SPREAD_ERRORS / 3) noteRecord(baseline.records, baseline.count, z)
  keepLast(baseline.tail, lesson.value, TAIL_VALUES)
  baseline.count++
  baseline.sinceShift++
  baseline.lastRun = runId
  forgetOld(baseline, timeMs, window)
  if (metric.seasonal) refitWhenDue(baseline, timeMs)
}

function forgetNewest(baseline: ValueBaseline): void {
  baseline.times.pop()
  baseline.values.pop()
  baseline.tail.pop()
  baseline.count--
  baseline.sinceShift--
  rebuild(baseline)
}

/** Forgets in blocks, because removing one value from the front of an array moves all others. */
function forgetOld({ times, values }: ValueBaseline, nowMs: number, { runs, days }: WindowOptions): void {
  if (times.length <= runs + 32) return
  const oldest = nowMs - days * DAY_MS
  let drop = Math.max(0, times.length - MAX_VALUES)
  while (drop < times.length - runs && (times[drop] ?? 0) < oldest) drop++
  if (drop < 32) return
  times.splice(0, drop)
  values.splice(0, drop)
}

/** Fits the season each week while the series is young, and every second week afterwards: a known season changes slowly. */
function refitWhenDue(baseline: ValueBaseline, timeMs: number): void {
  const week = weekOf(timeMs)
  if (week === baseline.fitted) return
  if (timeMs - baseline.firstMs > GROWN_MS && week - baseline.fitted < 2 && week % 2 !== 0) return
  baseline.fitted = week
  const season = fitSeason(baseline.times, baseline.values, baseline.season)
  const isSame = isFlat(season) && isFlat(baseline.season) && baseline.level.capacity === levelValues(baseline)
  baseline.season = season
  if (!isSame) rebuild(baseline)
}

function isFlat({ hours, weekdays, cells, special }: Season): boolean {
  return hours === null && weekdays === null && cells === null && special === null
}

/** Returns the values from `first` to `last` (exclusive) without the season, on the metric's scale. */
export function plainValues({ values, times, season }: ValueBaseline, first: number, last: number): number[] {
  const plain: number[] = []
  for (let at = first; at < last; at++) plain.push((values[at] ?? 0) - offsetAt(season, times[at] ?? 0))
  return plain
}

/** Computes level and errors again from the remembered values, with the current season. */
export function rebuild(baseline: ValueBaseline): void {
  const { times, values, season } = baseline
  baseline.level = sortedWindow(levelValues(baseline))
  const errors: number[] = []
  for (let at = Math.max(0, values.length - SPREAD_ERRORS - baseline.level.capacity); at < values.length; at++) {
    const plain = (values[at] ?? 0) - offsetAt(season, times[at] ?? 0)
    const { sorted } = baseline.level
    if (sorted.length > 0) errors.push(Math.abs(plain - quantileIn(sorted, 0.5)))
    addTo(baseline.level, plain)
  }
  const limit = WINSOR * 1.4826 * medianOf(errors)
  baseline.errors = sortedWindow(SPREAD_ERRORS)
  for (const error of errors) addTo(baseline.errors, Math.min(error, limit))
}

function levelValues({ times }: ValueBaseline): number {
  const days = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS
  return days < LEVEL_DAYS
    ? LEVEL_VALUES
    : Math.max(LEVEL_VALUES, Math.min(MAX_LEVEL_VALUES, Math.ceil((LEVEL_DAYS * times.length) / days)))
}
