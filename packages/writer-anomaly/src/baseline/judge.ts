import type { ZoneClock } from '@forge/writer-core'
import { normalOfStudent } from '../statistics/normal-tail.ts'
import { dayFacts, dayOf, HOUR_MS } from './calendar.ts'
import { type Explained, explainedPart } from './explained.ts'
import { isNewPhase, isTurn, type Spot, wasSoBefore } from './familiarity.ts'
import type { Metric } from './metric.ts'
import { recordOf } from './records.ts'
import { offsetAt, type Seasonality, seasonality } from './season.ts'
import { COLD_VALUES, type Expectation, expect, type ValueBaseline } from './value-baseline.ts'

export type BaselineStatus = 'cold' | 'warming' | 'ready'

/** Values before which little is said of a series. */
export const READY_VALUES = 20
/** By how much an error must exceed those that come by themselves to be as much as 4.5 deviations. */
const BEYOND_RECORD = 1.7

/** A value beside what was expected of it. What is only told, and not weighed, is found by {@link describeBaseline}. */
export interface Judgement {
  readonly value: number
  readonly expected: number
  /** Distance in robust deviations, signed. */
  readonly z: number
  /** The same as a normal z of equal rarity, which is less where little is known or values have been far out before. Signed. */
  readonly evidence: number
  /** Evidence that an alarm needs. */
  readonly threshold: number
  /** Whether only threefold changes count: little is known, or nothing of this part of the calendar. */
  readonly isWide: boolean
  readonly status: BaselineStatus
  /** Values known when it was judged. */
  readonly count: number
  /** Where the value and what was expected lie on the metric's scale. */
  readonly scaled: number
  readonly center: number
  readonly scale: number
  /** Part of the distance that is explained; the center is moved by it. */
  readonly shift: number
  /** As the clocks of the zone show it. */
  readonly timeMs: number
  readonly zone: ZoneClock
  readonly metric: Metric
  readonly baseline: ValueBaseline
  /** What the baseline itself expected. */
  readonly known: Expectation
}

export interface Question {
  /** As the clocks of the zone show it. */
  readonly timeMs: number
  readonly zone: ZoneClock
  readonly value: number
  /** What a share is taken of. */
  readonly trials?: number
  /** z of an alarm at full knowledge. */
  readonly threshold: number
  /** Spread of the siblings, for series of which little is known. */
  readonly borrowedScale?: () => number
  /** What is known to move the value. */
  readonly explained?: Explained | undefined
  /** Whether clocks were changed lately. */
  readonly clocksChanged?: boolean
}

export function statusOf(count: number): BaselineStatus {
  return count < COLD_VALUES ? 'cold' : count < READY_VALUES ? 'warming' : 'ready'
}

/** Judges a value by what came before it; undefined where nothing did. Learns nothing. */
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
  const threshold = question.threshold * widthOf(status, baseline.count, isWide || isTurn(timeMs))
  const isFar = Math.abs(z) > 0.9 * threshold
  return {
    value,
    expected: metric.fromScale(center),
    z,
    // What is not far is not weighed: evidence is never more than the distance.
    evidence: isFar ? Math.sign(z) * weigh(baseline, { timeMs, scaled, center, scale }) : z,
    threshold,
    isWide,
    status,
    count: baseline.count,
    scaled,
    center,
    scale,
    shift,
    timeMs,
    zone: question.zone,
    metric,
    baseline,
    known: expected,
  }
}

/** A distance that was seen before, or nearly, is no evidence; and a spread taken from few errors makes large ones less rare. */
function weigh(baseline: ValueBaseline, spot: Spot): number {
  if (wasSoBefore(baseline, spot)) return 0
  const z = Math.abs(spot.scaled - spot.center) / spot.scale
  if (baseline.count < READY_VALUES) return z
  return Math.min(normalOfStudent(z, degreesOf(baseline)), (4.5 * z) / (BEYOND_RECORD * recordOf(baseline.records)))
}

/** What a record says of the history that a value was judged by. */
export function describeBaseline({ baseline, center, threshold, scale, metric, zone, count }: Judgement): {
  readonly lower: number
  readonly upper: number
  readonly seasonality: Seasonality
  readonly fromMs: number
  readonly toMs: number
  /** The last values, the judged one not among them. */
  readonly tail: readonly number[]
} {
  const ends = [metric.fromScale(center - threshold * scale), metric.fromScale(center + threshold * scale)]
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

/** By how much the threshold is raised: up to twice where little is known, by a third in a new part of the calendar. */
function widthOf(status: BaselineStatus, count: number, isWide: boolean): number {
  if (status === 'ready') return isWide ? 4 / 3 : 1
  return 1 + (READY_VALUES - Math.max(count, COLD_VALUES)) / 15
}

/** A robust spread of n errors is as good as a plain one of six tenths of them. */
function degreesOf({ errors }: ValueBaseline): number {
  return Math.max(3, 0.6 * errors.sorted.length)
}

interface Place {
  readonly timeMs: number
  readonly scaled: number
  readonly clocksChanged: boolean
}

/**
 * At the turn of the month a job may or may not do its monthly work, and after a change of clocks its hours may be those before or after: what is
 * nearest is what is expected.
 */
function nearestCenter({ season }: ValueBaseline, center: number, { timeMs, scaled, clocksChanged }: Place): number {
  const { special, hours } = season
  const candidates = [center]
  if (special) {
    const offsets = dayFacts(dayOf(timeMs)).special.flatMap((kind) => special[kind] ?? [])
    const plain = center - offsetAt(season, timeMs) + offsetAt({ ...season, special: null }, timeMs)
    if (offsets.length > 0) candidates.push(plain, ...offsets.map((offset) => plain + offset))
  }
  if (hours && clocksChanged) {
    const here = offsetAt(season, timeMs)
    for (const byMs of [-HOUR_MS, HOUR_MS]) candidates.push(center - here + offsetAt(season, timeMs + byMs))
  }
  return candidates.reduce((best, each) => (Math.abs(scaled - each) < Math.abs(scaled - best) ? each : best))
}

/** Whether the value, low for a weekday, is what a weekend would bring: a holiday looks like that. */
export function isLikeWeekend({ baseline: { season }, timeMs, scaled, center, scale }: Judgement): boolean {
  const { weekdays } = season
  const today = dayFacts(dayOf(timeMs))
  if (!weekdays || today.isWeekend) return false
  const difference = Math.min(weekdays[5] ?? 0, weekdays[6] ?? 0) - (weekdays[today.dayOfWeek] ?? 0)
  // Only where weekends are plainly lower can a low weekday be one in disguise.
  return difference < -3 * scale && scaled < center && scaled > center + difference - 4 * scale
}
