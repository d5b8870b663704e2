import { medianOf, quantileIn } from '../statistics/quantiles.ts'
import { DAY_MS, weekOf } from './calendar.ts'
import type { Metric } from './metric.ts'
import { noteRecord, type Records } from './records.ts'
import { fitSeason, NO_SEASON, offsetAt, type Season } from './season.ts'
import { noteSide, type Side, side } from './side.ts'
import { addTo, type SortedWindow, sortedWindow } from './sorted-window.ts'

/** Values from which the level is taken: few enough to follow growth, enough not to follow noise. Those of two weeks where runs are many: the end of a month is not the level. */
const LEVEL_VALUES = 15
const LEVEL_DAYS = 14
const MOST_LEVEL_VALUES = 336
/** Errors from which the spread is taken. */
const SPREAD_ERRORS = 63
/** Values kept at most, however often the pipeline runs. */
const MOST_VALUES = 2500
/** Robust deviations beyond which an error is learned as if it were there: drawn in, not left out. */
const WINSOR = 4
/** A factor of 1.25, on a logarithmic scale. */
const FAR_SHIFT = 0.22
/** Age from which the rhythm of a series is looked at less often. */
const GROWN_MS = 56 * DAY_MS
const TAIL_VALUES = 20
/** Values before which nothing is said of a series. */
export const COLD_VALUES = 5

/** What is known of one figure of one step: all a detector remembers, as plain JSON. */
export interface ValueBaseline {
  /** Values learned since the beginning. */
  count: number
  /** Time of the first value. */
  firstMs: number
  /** Values since the last change of level. */
  sinceShift: number
  /** As the clocks of the zone show them. */
  readonly times: number[]
  /** On the metric's scale, moved to today's level. */
  readonly values: number[]
  season: Season
  /** Week of the last fit. */
  fitted: number
  /** Without the season. */
  level: SortedWindow
  /** Absolute errors of one step ahead. */
  errors: SortedWindow
  readonly records: Records
  side: Side
  /** The last values as they were given, for people to look at. */
  readonly tail: number[]
  lastRun: string
}

/** What a baseline expects at an instant, on the metric's scale. */
export interface Expectation {
  readonly center: number
  readonly scale: number
}

export interface WindowOptions {
  /** Values kept at least, in spite of their age. */
  readonly runs: number
  /** Age beyond which further values are forgotten. */
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

/** What comes next, by all that was learned; undefined before the first value. `trials` is what a share is taken of. */
export function expect(
  baseline: ValueBaseline,
  metric: Metric,
  { timeMs, trials = 0 }: { readonly timeMs: number; readonly trials?: number },
): Expectation | undefined {
  if (baseline.values.length === 0) return undefined
  const center = quantileIn(baseline.level.sorted, 0.5) + offsetAt(baseline.season, timeMs)
  return { center, scale: spread(baseline, metric.floor(metric.fromScale(center), trials)) }
}

/** Robust spread of the errors: the median, helped by the outer tenth where half of the errors are nearly none. */
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
  /** Whether people said that the value is as it should be: it is learned as it is. */
  readonly isExpected?: boolean
  /** What a share is taken of. */
  readonly trials?: number
  readonly window: WindowOptions
  /** What was expected, where it was just asked. */
  readonly expected?: Expectation | undefined
  /** Distance on the metric's scale that is explained, and no error. */
  readonly shift?: number
}

/**
 * Learns a value. Level and season are medians, which wild values do not move; an error counts as no more than four deviations. A further attempt
 * of the run that gave the last value takes its place.
 */
export function learn(baseline: ValueBaseline, metric: Metric, lesson: Lesson): void {
  const { timeMs, window, runId } = lesson
  const shift = lesson.shift ?? 0
  const isFarShift = Math.abs(shift) > FAR_SHIFT
  // A large part that is explained is left out of the level too; a small one is what the level is made of.
  const scaled = metric.toScale(lesson.value) - (isFarShift ? shift : 0)
  const isAgain = runId !== '' && runId === baseline.lastRun
  if (isAgain) forgetNewest(baseline)
  const known = isAgain ? undefined : lesson.expected
  const expected = known ?? expect(baseline, metric, { timeMs, trials: lesson.trials ?? 0 })
  const error = expected ? scaled - expected.center - (isFarShift ? 0 : shift) : 0
  if (baseline.count === 0) baseline.firstMs = timeMs
  baseline.times.push(timeMs)
  baseline.values.push(scaled)
  addTo(baseline.level, scaled - offsetAt(baseline.season, timeMs))
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

function keepLast(list: number[], value: number, most: number): void {
  list.push(value)
  if (list.length > most) list.shift()
}

/** Forgets in blocks, as taking one from the front of an array moves all others. */
function forgetOld({ times, values }: ValueBaseline, nowMs: number, { runs, days }: WindowOptions): void {
  if (times.length <= runs + 32) return
  const oldest = nowMs - days * DAY_MS
  let drop = Math.max(0, times.length - MOST_VALUES)
  while (drop < times.length - runs && (times[drop] ?? 0) < oldest) drop++
  if (drop < 32) return
  times.splice(0, drop)
  values.splice(0, drop)
}

/** Each week while the series is young, then each second: a rhythm that is known changes slowly. */
function refitWhenDue(baseline: ValueBaseline, timeMs: number): void {
  const week = weekOf(timeMs)
  if (week === baseline.fitted) return
  if (timeMs - baseline.firstMs > GROWN_MS && week - baseline.fitted < 2 && week % 2 !== 0) return
  baseline.fitted = week
  const season = fitSeason(baseline.times, baseline.values)
  const isSame = isFlat(season) && isFlat(baseline.season) && baseline.level.capacity === levelValues(baseline)
  baseline.season = season
  if (!isSame) rebuild(baseline)
}

function isFlat({ hours, weekdays, special }: Season): boolean {
  return hours === null && weekdays === null && special === null
}

/** Values `first` to `last` (not included) without the calendar, on the metric's scale. */
export function plainValues({ values, times, season }: ValueBaseline, first: number, last: number): number[] {
  const plain: number[] = []
  for (let at = first; at < last; at++) plain.push((values[at] ?? 0) - offsetAt(season, times[at] ?? 0))
  return plain
}

/** Level and errors anew from the values that are kept, under the season of now. */
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
    : Math.max(LEVEL_VALUES, Math.min(MOST_LEVEL_VALUES, Math.ceil((LEVEL_DAYS * times.length) / days)))
}
