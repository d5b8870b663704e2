import { HOUR_MS, type ZoneClock } from '@forge/writer-core/storage'
import { normalOfStudent } from '../probability/normal-tail.ts'
import type { BurstExpectation } from './burst.ts'
import { dayFacts, dayOf } from './calendar.ts'
import { type Explained, explainedPart } from './explained.ts'
import { isNewPhase, isTurn, type Spot, wasSoBefore } from './familiarity.ts'
import type { Metric } from './metric.ts'
import { recordOf } from './records.ts'
import { offsetAt, ownDayMs, type Seasonality, seasonality } from './season.ts'
import { COLD_VALUES, type Expectation, expect, type ValueBaseline } from './value-baseline.ts'

export type BaselineStatus = 'cold' | 'warming' | 'ready'

/** The z that an alarm needs in a pipeline of one step, at sensitivity 1, in a well-known series. */
export const BASE_THRESHOLD = 4
/** The number of values from which a series is well known. */
export const READY_VALUES = 20
/** The factor by which an error must exceed the usual extreme errors to count as much as 4.5 deviations. */
export const BEYOND_RECORD = 1.7

/** A value and what was expected of it. Figures that are only reported are computed by {@link describeBaseline}. */
export interface Judgement {
  readonly value: number
  readonly expected: number
  /** The distance in robust deviations, signed. */
  readonly z: number
  /** The normal z of equal rarity, signed. It is smaller if little is known, or if values have been far out before. */
  readonly evidence: number
  /** The evidence that an alarm needs. */
  readonly threshold: number
  /** True if only threefold changes count, because little is known of the series, or of this part of the calendar. */
  readonly isWide: boolean
  readonly status: BaselineStatus
  /** The number of known values when it was judged. */
  readonly count: number
  /** The value and the expected value on the metric's scale. */
  readonly scaled: number
  readonly center: number
  readonly scale: number
  /** The explained part of the distance; the center is moved by it. */
  readonly shift: number
  /** The value as part of a series that is sampled at least hourly. */
  readonly burst: BurstJudgement | undefined
  /** The limits of what would not have been reported, if they are not those of the whole history. */
  readonly band?: readonly [lower: number, upper: number] | undefined
  /** The time as the clocks of the zone show it, and an instant of the day that it belongs to by the pipeline's own days. */
  readonly timeMs: number
  readonly dayMs: number
  readonly zone: ZoneClock
  readonly metric: Metric
  readonly baseline: ValueBaseline
  /** The expectation of the baseline alone. */
  readonly known: Expectation
  /** The question that was answered, so that another value can be judged as if it were this one. */
  readonly question: Question
}

/** What the runs shortly before, and those at the same time of the day or of the week, say of a value. */
export interface BurstJudgement {
  readonly expected: number
  /** The values from `lower` to `upper` are not a burst. */
  readonly lower: number
  readonly upper: number
  /** The distance in usual errors, signed, in such units that an alarm needs the threshold of the judgement. */
  readonly z: number
  readonly isBurst: boolean
}

export interface Question {
  /** The time as the clocks of the zone show it. */
  readonly timeMs: number
  /** An instant of the day that it belongs to by the pipeline's own days. Default `timeMs`. */
  readonly dayMs?: number | undefined
  readonly zone: ZoneClock
  readonly value: number
  /** The number of which a share is taken, such as rows. */
  readonly trials?: number | undefined
  /** The z of an alarm when the series is well known. */
  readonly threshold: number
  /** Returns the spread of sibling steps, for a series of which little is known. */
  readonly borrowedScale?: (() => number) | undefined
  /** The range that known reasons explain. */
  readonly explained?: Explained | undefined
  /** What may be expected if the series is sampled at least hourly. */
  readonly bursts?: readonly BurstExpectation[] | undefined
  /** True if the clocks changed lately. */
  readonly clocksChanged?: boolean | undefined
}

export function statusOf(count: number): BaselineStatus {
  return count < COLD_VALUES ? 'cold' : count < READY_VALUES ? 'warming' : 'ready'
}

/** Judges a value by the values before it; undefined if it is the first one. Learns nothing. */
export function judge(baseline: ValueBaseline, metric: Metric, question: Question): Judgement | undefined {
  const { timeMs, value, trials = 0 } = question
  const expected = expect(baseline, metric, { timeMs, trials })
  if (!expected) return undefined
  const scaled = metric.toScale(value)
  const status = statusOf(baseline.count)
  const scale = status === 'ready' ? expected.scale : Math.max(expected.scale, question.borrowedScale?.() ?? 0)
  const near = nearestCenter(baseline, expected.center, {
    timeMs,
    scaled,
    clocksChanged: question.clocksChanged ?? false,
  })
  const shift = question.explained ? explainedPart(question.explained, scaled - near) : 0
  const center = near + shift
  const z = (scaled - center) / scale
  const isWide = status !== 'ready' || isNewPhase(baseline, timeMs)
  const threshold =
    question.threshold * widthOf(status, baseline.count, isWide || isTurn(ownDayMs(baseline.season, timeMs)))
  const isFar = Math.abs(z) > 0.9 * threshold
  return {
    value,
    expected: metric.fromScale(center),
    z,
    // A value that is not far out is not weighed: the evidence never exceeds the distance.
    evidence: isFar ? Math.sign(z) * weigh(baseline, { timeMs, scaled, center, scale }) : z,
    threshold,
    isWide,
    status,
    count: baseline.count,
    scaled,
    center,
    scale,
    shift,
    burst: nearestBurst(question.bursts ?? [], value, { z, threshold }),
    timeMs,
    dayMs: question.dayMs ?? timeMs,
    zone: question.zone,
    metric,
    baseline,
    known: expected,
    question,
  }
}

/** The expected number of rows below which none are expected. */
const MIN_EXPECTED = 0.005
/** The distance by the whole history, in deviations, that a burst needs at least. */
const MIN_Z_OF_BURST = 1

/** Judges a value by the nearest of the expectations. */
function nearestBurst(
  expectations: readonly BurstExpectation[],
  value: number,
  history: { readonly z: number; readonly threshold: number },
): BurstJudgement | undefined {
  const [first, ...rest] = expectations.map((each) => judgeBurst(each, value, history))
  return rest.reduce((best, each) => (best && Math.abs(each.z) < Math.abs(best.z) ? each : best), first)
}

/** Judges a value by what is expected of a series that is sampled at least hourly. A value that the whole history expects is not a burst. */
function judgeBurst(
  { expected, spread, limit }: BurstExpectation,
  value: number,
  { z, threshold }: { readonly z: number; readonly threshold: number },
): BurstJudgement {
  const reach = ((limit * threshold) / BASE_THRESHOLD) * spread
  const error = value - expected
  const isBurst = Math.abs(error) > reach && z * Math.sign(error) >= MIN_Z_OF_BURST
  return { expected, lower: expected - reach, upper: expected + reach, z: (threshold * error) / reach, isBurst }
}

/**
 * Returns the evidence of a distance. A distance that was seen before, or nearly, is not evidence; and the fewer errors a spread is computed from,
 * the less rare are large ones.
 */
function weigh(baseline: ValueBaseline, spot: Spot): number {
  if (wasSoBefore(baseline, spot)) return 0
  const z = Math.abs(spot.scaled - spot.center) / spot.scale
  if (baseline.count < READY_VALUES) return z
  return Math.min(normalOfStudent(z, degreesOf(baseline)), (4.5 * z) / (BEYOND_RECORD * recordOf(baseline.records)))
}

/** Returns the judgement of a burst as if the runs before and those of the hour were its whole history. */
export function asBurst(judgement: Judgement, { expected, lower, upper, z }: BurstJudgement): Judgement {
  // A fading mean of zeros never reaches 0, and nobody wants to read how many times the value is larger than what remains of it.
  const usual = Math.abs(expected) < MIN_EXPECTED ? 0 : expected
  return { ...judgement, expected: usual, z, evidence: z, band: [Math.max(0, lower), Math.max(0, upper)] }
}

/** Returns the history by which a value was judged, as an anomaly reports it. */
export function describeBaseline({ baseline, center, threshold, scale, metric, zone, count, band }: Judgement): {
  readonly lower: number
  readonly upper: number
  readonly seasonality: Seasonality
  readonly fromMs: number
  readonly toMs: number
  /** The last values, without the judged one. */
  readonly tail: readonly number[]
} {
  const ends = band ?? [metric.fromScale(center - threshold * scale), metric.fromScale(center + threshold * scale)]
  const isLearned = baseline.count > count
  return {
    lower: Math.min(...ends),
    upper: Math.max(...ends),
    seasonality: seasonality(baseline.season),
    fromMs: zone.instantOf(baseline.times[0] ?? 0),
    toMs: zone.instantOf(baseline.times.at(isLearned ? -2 : -1) ?? 0),
    tail: isLearned ? baseline.tail.slice(0, -1) : baseline.tail,
  }
}

/** Returns the factor by which the threshold is raised: up to two if little is known, and a third more in a new part of the calendar. */
function widthOf(status: BaselineStatus, count: number, isWide: boolean): number {
  if (status === 'ready') return isWide ? 4 / 3 : 1
  return 1 + (READY_VALUES - Math.max(count, COLD_VALUES)) / 15
}

/** Returns the degrees of freedom. A robust spread of n errors is as precise as a standard deviation of six tenths of them. */
function degreesOf({ errors }: ValueBaseline): number {
  return Math.max(3, 0.6 * errors.sorted.length)
}

interface Place {
  readonly timeMs: number
  readonly scaled: number
  readonly clocksChanged: boolean
}

/**
 * Returns the nearest expectation. At the turn of the month a job may or may not do its monthly work, and after a change of clocks its hours may be
 * the old or the new ones.
 */
function nearestCenter({ season }: ValueBaseline, center: number, { timeMs, scaled, clocksChanged }: Place): number {
  const { special, hours, cells } = season
  const candidates = [center]
  if (special) {
    const offsets = dayFacts(dayOf(ownDayMs(season, timeMs))).special.flatMap((kind) => special[kind] ?? [])
    const plain = center - offsetAt(season, timeMs) + offsetAt({ ...season, special: null }, timeMs)
    if (offsets.length > 0) candidates.push(plain, ...offsets.map((offset) => plain + offset))
  }
  if ((hours || cells) && clocksChanged) {
    const here = offsetAt(season, timeMs)
    for (const byMs of [-HOUR_MS, HOUR_MS]) candidates.push(center - here + offsetAt(season, timeMs + byMs))
  }
  return candidates.reduce((best, each) => (Math.abs(scaled - each) < Math.abs(scaled - best) ? each : best))
}

/** Returns whether the value is low for a weekday but usual for a weekend, as on a holiday. */
export function isLikeWeekend({ baseline: { season }, timeMs, scaled, center, scale }: Judgement): boolean {
  const { weekdays } = season
  const today = dayFacts(dayOf(ownDayMs(season, timeMs)))
  if (!weekdays || today.isWeekend) return false
  const difference = Math.min(weekdays[5] ?? 0, weekdays[6] ?? 0) - (weekdays[today.dayOfWeek] ?? 0)
  // Only if weekends are clearly lower can a low weekday look like one.
  return difference < -3 * scale && scaled < center && scaled > center + difference - 4 * scale
}
