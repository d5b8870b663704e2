import { DAY_MS, dayFacts, dayOf, weekOf } from './calendar.ts'
import type { Metric } from './metric.ts'
import { fitSeason, NO_SEASON, offsetAt, type Season } from './season.ts'
import { addTo, medianOf, quantileIn, type SortedWindow, sortedWindow } from './sorted-window.ts'

/** Values from which the level is taken: few enough to follow growth, enough not to follow noise. */
const LEVEL_VALUES = 15
/** Errors from which the spread is taken. */
const SPREAD_ERRORS = 63
/** Values kept at most, however often the pipeline runs. */
const MOST_VALUES = 2500
/** Robust deviations beyond which a value is learned as if it were there. */
const WINSOR = 4
/** Runs in a row that make a new level. */
export const SHIFT_RUNS = 5
const TAIL_VALUES = 20

/** What is known of one figure of one step: all a detector remembers, as plain JSON. */
export interface ValueBaseline {
  /** Values learned since the beginning. */
  count: number
  /** Time of the first value. */
  firstMs: number
  /** Values since the last change of level. */
  sinceShift: number
  readonly times: number[]
  /** On the metric's scale, winsorised, moved to today's level. */
  readonly values: number[]
  season: Season
  /** Week of the last fit. */
  fitted: number
  /** Without the season. */
  level: SortedWindow
  /** Absolute errors of one step ahead. */
  errors: SortedWindow
  /** The last errors in robust deviations, signed and not winsorised. */
  readonly recentZ: number[]
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
    recentZ: [],
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

/** How the value counts: 1 as it is where people said that it is expected; else drawn in where it is far out. */
export interface Lesson {
  readonly timeMs: number
  readonly value: number
  readonly runId: string
  readonly isExpected?: boolean
  readonly trials?: number
  readonly window: WindowOptions
}

/** Learns a value. A further attempt of the run that gave the last value takes its place. */
export function learn(baseline: ValueBaseline, metric: Metric, lesson: Lesson): void {
  const { timeMs, window, runId } = lesson
  const scaled = metric.toScale(lesson.value)
  if (runId !== '' && runId === baseline.lastRun) forgetNewest(baseline)
  const expected = expect(baseline, metric, { timeMs, trials: lesson.trials ?? 0 })
  const error = expected ? scaled - expected.center : 0
  const limit = expected && baseline.count >= SHIFT_RUNS && !lesson.isExpected ? WINSOR * expected.scale : Infinity
  const learned = scaled - error + Math.max(-limit, Math.min(limit, error))
  if (baseline.count === 0) baseline.firstMs = timeMs
  baseline.times.push(timeMs)
  baseline.values.push(learned)
  addTo(baseline.level, learned - offsetAt(baseline.season, timeMs))
  if (expected) addTo(baseline.errors, Math.min(Math.abs(error), limit))
  keepLast(baseline.recentZ, expected ? error / expected.scale : 0, SHIFT_RUNS)
  keepLast(baseline.tail, lesson.value, TAIL_VALUES)
  baseline.count++
  baseline.sinceShift++
  baseline.lastRun = runId
  forgetOld(baseline, timeMs, window)
  if (metric.seasonal && weekOf(timeMs) !== baseline.fitted) refit(baseline, weekOf(timeMs))
}

function forgetNewest(baseline: ValueBaseline): void {
  baseline.times.pop()
  baseline.values.pop()
  baseline.recentZ.pop()
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

function refit(baseline: ValueBaseline, week: number): void {
  baseline.fitted = week
  const season = fitSeason(baseline.times, baseline.values)
  if (season.hours === null && season.weekdays === null && isFlat(season) && isFlat(baseline.season)) {
    if (baseline.season.hours === null && baseline.season.weekdays === null) return
  }
  baseline.season = season
  rebuild(baseline)
}

function isFlat({ special }: Season): boolean {
  return Object.keys(special).length === 0
}

/** Level and errors anew from the values that are kept, under the season of now. */
function rebuild(baseline: ValueBaseline): void {
  const { times, values, season } = baseline
  baseline.level = sortedWindow(LEVEL_VALUES)
  baseline.errors = sortedWindow(SPREAD_ERRORS)
  for (let at = Math.max(0, values.length - SPREAD_ERRORS - LEVEL_VALUES); at < values.length; at++) {
    const plain = (values[at] ?? 0) - offsetAt(season, times[at] ?? 0)
    const { sorted } = baseline.level
    if (sorted.length > 0) addTo(baseline.errors, Math.abs(plain - quantileIn(sorted, 0.5)))
    addTo(baseline.level, plain)
  }
}

/** Distance from the old level to that of the last runs, where these make a new one; else undefined. On the metric's scale. */
export function shiftOf(baseline: ValueBaseline, metric: Metric): number | undefined {
  const { recentZ, level, times, values, season } = baseline
  if (baseline.sinceShift < 14 || recentZ.length < SHIFT_RUNS) return undefined
  const sign = Math.sign(recentZ[0] ?? 0)
  if (recentZ.some((z) => z * sign < 1.5)) return undefined
  const mean = recentZ.reduce((sum, z) => sum + Math.min(20, Math.abs(z)), 0) / SHIFT_RUNS
  if (mean < 3 || level.sorted.length < LEVEL_VALUES) return undefined
  const from = values.length - SHIFT_RUNS
  const recent = baseline.tail
    .slice(-SHIFT_RUNS)
    .map((value, at) => metric.toScale(value) - offsetAt(season, times[from + at] ?? 0))
  const before = Array.from({ length: LEVEL_VALUES - SHIFT_RUNS }, (_, at) => {
    const index = from - 1 - at
    return (values[index] ?? 0) - offsetAt(season, times[index] ?? 0)
  })
  return medianOf(recent) - medianOf(before)
}

/** Takes the last runs as the new level: what was learned before moves there, so that season and spread stay known. */
export function moveLevel(baseline: ValueBaseline, metric: Metric, shift: number): void {
  const { values, tail } = baseline
  const from = values.length - SHIFT_RUNS
  for (let at = 0; at < from; at++) values[at] = (values[at] ?? 0) + shift
  tail.slice(-SHIFT_RUNS).forEach((value, at) => {
    values[from + at] = metric.toScale(value)
  })
  // Level and spread as if it had always been there: the errors of the change itself say nothing about later ones.
  rebuild(baseline)
  baseline.recentZ.length = 0
  baseline.sinceShift = 0
}

/** Whether the calendar of the instant was met fewer than twice, so that nothing is known of what is usual then. */
export function isNewPhase({ firstMs }: ValueBaseline, timeMs: number): boolean {
  const facts = dayFacts(dayOf(timeMs))
  // Two of each weekday are in 14 days, two of each turn of the month in 62.
  if (facts.special.length > 0 && timeMs - firstMs < 62 * DAY_MS) return true
  return timeMs - firstMs < 14 * DAY_MS && facts.isWeekend
}

/** Whether a day or a week before, near the same time, a value like this one was usual: what the season says before it is known. */
export function wasSoBefore(
  { times, values }: ValueBaseline,
  { timeMs, scaled, within }: { readonly timeMs: number; readonly scaled: number; readonly within: number },
): boolean {
  return [DAY_MS, 7 * DAY_MS].some((lag) => {
    const wanted = timeMs - lag
    for (let at = times.length - 1; at >= 0; at--) {
      const time = times[at] ?? 0
      if (time < wanted - 2 * 3_600_000) return false
      if (Math.abs(time - wanted) <= 2 * 3_600_000 && Math.abs((values[at] ?? 0) - scaled) <= within) return true
    }
    return false
  })
}
