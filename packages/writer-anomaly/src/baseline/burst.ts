import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { quantileIn } from '../probability/quantiles.ts'
import { dayOfWeek, hourOf } from './calendar.ts'
import { addTo, type SortedWindow, sortedWindow } from './sorted-window.ts'

/**
 * The memory of a series that is sampled at least hourly: what the values before, those of this hour of the day, and those of this hour of the week
 * predict, and how large the errors are. On the values' own scale, on which bursts stand out that a logarithm hides. Plain JSON.
 */
export interface Burst {
  values: number
  /** The fading mean of the values. */
  recent: number
  readonly hours: Cycle
  readonly week: Cycle
  /** The mean error of each prediction. */
  readonly errorOf: { readonly recent: Mean; readonly hours: Mean; readonly week: Mean }
  /** The last errors of the chosen predictions. */
  readonly errors: SortedWindow
  /** The mean error at each hour of the day. */
  readonly hourErrors: readonly Mean[]
  /** True if all values were counts of events. */
  isCount: boolean
}

/** A fading mean and the number of its values. */
interface Mean {
  mean: number
  values: number
}

type Cycle = readonly Mean[]

/** The times between the values of a series. Plain JSON. */
export interface Pace {
  lastMs: number | null
  /** The last times between values, in milliseconds. */
  readonly gaps: SortedWindow
}

/** A prediction and its usual error, on the scale of the values. */
export interface BurstExpectation {
  readonly expected: number
  readonly spread: number
  /** The distance, in usual errors, that is tolerated a few times a month: the more often a series is sampled, the more chances it has. */
  readonly limit: number
}

/** The maximum usual time between values: hourly, with some delay. */
const MAX_GAP_MS = 1.25 * HOUR_MS
const KEPT_GAPS = 21
const KEPT_ERRORS = 500
/** The minimum number of errors by which a value is judged. */
const MIN_ERRORS = 24
/** The weights of a new value. */
const RECENT_WEIGHT = 0.4
const HOUR_WEIGHT = 0.2
const WEEK_WEIGHT = 0.3
const ERROR_WEIGHT = 0.02
const HOUR_ERROR_WEIGHT = 0.1
/** The factor by which a season must lower the error to be chosen, and the number of its cycles that must be known. */
const GAIN = 0.9
const HOUR_CYCLES = 2
const WEEK_CYCLES = 1
/** The minimum number of values of an hour by which its errors are known. */
const MIN_HOUR_ERRORS = 5
/** The limit in usual errors to which a value is cut before it is learned. */
const CLIP = 4
/** The deviation of a normal distribution, in mean and in median absolute errors. */
const SIGMA_OF_MEAN = 1.2533
const SIGMA_OF_MEDIAN = 1.4826
/** The minimum spread as a share of what was expected. */
const MIN_SPREAD = 0.05
/** The distance in usual errors from which a value of an hourly series is a burst, and the exponent by which it rises with the values of a day. */
const LIMIT = 7
const LIMIT_EXPONENT = 0.2

const newMean = (): Mean => ({ mean: 0, values: 0 })
const newCycle = (slots: number): Cycle => Array.from({ length: slots }, newMean)

export function burst(): Burst {
  return {
    values: 0,
    recent: 0,
    hours: newCycle(24),
    week: newCycle(7 * 24),
    errorOf: { recent: newMean(), hours: newMean(), week: newMean() },
    errors: sortedWindow(KEPT_ERRORS),
    hourErrors: newCycle(24),
    isCount: true,
  }
}

export function pace(): Pace {
  return { lastMs: null, gaps: sortedWindow(KEPT_GAPS) }
}

/** Learns the time of a value. */
export function notePace(known: Pace, timeMs: number): void {
  if (known.lastMs !== null && timeMs > known.lastMs) addTo(known.gaps, timeMs - known.lastMs)
  known.lastMs = timeMs
}

/** Returns whether the values come at least hourly, as far as the last {@link KEPT_GAPS} show. */
export function isFrequent({ gaps }: Pace): boolean {
  return gaps.sorted.length === KEPT_GAPS && quantileIn(gaps.sorted, 0.5) <= MAX_GAP_MS
}

/**
 * Returns what is expected at an instant, or would be if the clocks showed `byMs` more; undefined while too little is known, after a pause, and if the
 * values come too rarely.
 */
export function expectBurst(
  known: Burst,
  own: Pace,
  { timeMs, byMs = 0 }: { readonly timeMs: number; readonly byMs?: number | undefined },
): BurstExpectation | undefined {
  if (known.errors.sorted.length < MIN_ERRORS || !isFrequent(own)) return undefined
  // After a pause, the values before say little.
  if (own.lastMs === null || timeMs - own.lastMs > MAX_GAP_MS) return undefined
  const perDay = perDayOf(own)
  const expected = predict(known, perDay, timeMs + byMs)
  return {
    expected,
    spread: spreadAt(known, timeMs + byMs, expected),
    limit: LIMIT * Math.max(1, perDay / 24) ** LIMIT_EXPONENT,
  }
}

export interface BurstLesson {
  readonly timeMs: number
  readonly value: number
  /** True if the value counts events, which scatter by the root of their number. */
  readonly isCount: boolean
  /** True if people said that the value is expected: it is learned unchanged. */
  readonly isExpected?: boolean | undefined
}

/** Learns a value. */
export function learnBurst(known: Burst, own: Pace, { timeMs, value, isCount, isExpected = false }: BurstLesson): void {
  known.isCount &&= isCount
  const cells = cellsAt(known, timeMs)
  const predicted = predict(known, perDayOf(own), timeMs)
  const isKnown = known.errors.sorted.length >= MIN_ERRORS && !isExpected
  const bound = isKnown ? CLIP * spreadAt(known, timeMs, predicted) : Infinity
  if (known.values > 0) {
    const error = Math.abs(value - predicted)
    const cut = (miss: number) => Math.min(Math.abs(miss), bound)
    addTo(known.errors, error)
    note(hourError(known, timeMs), cut(error), HOUR_ERROR_WEIGHT)
    note(known.errorOf.recent, cut(value - known.recent), ERROR_WEIGHT)
    if (cells.hour.values > 0) note(known.errorOf.hours, cut(value - cells.hour.mean), ERROR_WEIGHT)
    if (cells.week.values > 0) note(known.errorOf.week, cut(value - cells.week.mean), ERROR_WEIGHT)
  }
  const near = (center: number) => center + Math.max(-bound, Math.min(bound, value - center))
  known.recent = known.values === 0 ? value : known.recent + RECENT_WEIGHT * (near(known.recent) - known.recent)
  for (const [cell, weight] of [
    [cells.hour, HOUR_WEIGHT],
    [cells.week, WEEK_WEIGHT],
  ] as const)
    note(cell, cell.values === 0 ? value : near(cell.mean), weight)
  known.values++
}

/** Returns the prediction with the smallest error so far. */
function predict(known: Burst, perDay: number, timeMs: number): number {
  const { errorOf, recent } = known
  const { hour, week } = cellsAt(known, timeMs)
  let best = recent
  let lowest = errorOf.recent.mean
  const consider = (cell: Mean, { mean, values }: Mean, days: number) => {
    if (cell.values === 0 || values < days * perDay || mean >= GAIN * lowest) return
    best = cell.mean
    lowest = mean
  }
  consider(hour, errorOf.hours, HOUR_CYCLES)
  consider(week, errorOf.week, 7 * WEEK_CYCLES)
  return best
}

/** Returns the usual error at an hour: that of all hours, or of this one if it is larger; for counts, at least that of independent events. */
function spreadAt(known: Burst, timeMs: number, expected: number): number {
  const usual = SIGMA_OF_MEDIAN * quantileIn(known.errors.sorted, 0.5)
  const { mean, values } = hourError(known, timeMs)
  const ofHour = values >= MIN_HOUR_ERRORS ? SIGMA_OF_MEAN * mean : 0
  const ofCounts = known.isCount ? Math.sqrt(1 + Math.max(0, expected)) : 0
  return Math.max(usual, ofHour, ofCounts, MIN_SPREAD * Math.abs(expected), Number.MIN_VALUE)
}

function perDayOf({ gaps }: Pace): number {
  return DAY_MS / Math.max(1, quantileIn(gaps.sorted, 0.5))
}

function cellsAt({ hours, week }: Burst, timeMs: number): { hour: Mean; week: Mean } {
  const hour = hourOf(timeMs)
  return { hour: hours[hour] ?? newMean(), week: week[24 * dayOfWeek(timeMs) + hour] ?? newMean() }
}

function hourError({ hourErrors }: Burst, timeMs: number): Mean {
  return hourErrors[hourOf(timeMs)] ?? newMean()
}

/** Moves a mean towards a value: evenly at first, then by the weight. */
function note(known: Mean, value: number, weight: number): void {
  known.values++
  known.mean += (value - known.mean) * Math.max(1 / known.values, weight)
}
