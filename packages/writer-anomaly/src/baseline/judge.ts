import { dayFacts, dayOf } from './calendar.ts'
import type { Metric } from './metric.ts'
import { offsetAt, type Seasonality, seasonality } from './season.ts'
import { normalOfStudent } from './tails.ts'
import { expect, isNewPhase, type ValueBaseline, wasSoBefore } from './value-baseline.ts'

export type BaselineStatus = 'cold' | 'warming' | 'ready'

/** Values before which nothing is said of a series, and before which little is. */
export const COLD_VALUES = 5
export const READY_VALUES = 20

/** A value beside what was expected of it. */
export interface Judgement {
  readonly value: number
  readonly expected: number
  /** Range of usual values, at the threshold. */
  readonly lower: number
  readonly upper: number
  /** Distance in robust deviations, signed. */
  readonly z: number
  /** The same as a normal z of equal rarity, which is less where little is known. Signed. */
  readonly evidence: number
  /** Evidence that an alarm needs. */
  readonly threshold: number
  /** Whether only threefold changes count: little is known, or nothing of this part of the calendar. */
  readonly isWide: boolean
  readonly status: BaselineStatus
  readonly count: number
  readonly seasonality: Seasonality
  readonly historyTail: readonly number[]
  readonly fromMs: number
  readonly toMs: number
  /** Whether the value is what a Sunday would bring. */
  readonly isLikeWeekend: boolean
}

export interface Question {
  readonly timeMs: number
  readonly value: number
  /** What a share is taken of. */
  readonly trials?: number
  /** z of an alarm at full knowledge. */
  readonly threshold: number
  /** Spread of the siblings, for series of which little is known. */
  readonly borrowedScale?: () => number
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
  const center = nearestCenter(baseline, expected.center, { timeMs, scaled })
  const z = (scaled - center) / scale
  const isWide = status !== 'ready' || isNewPhase(baseline, timeMs)
  const threshold = question.threshold * widthOf(status, baseline.count, isWide)
  const isUsual =
    Math.abs(z) >= 3 && isYoung(baseline, timeMs) && wasSoBefore(baseline, { timeMs, scaled, within: 3 * scale })
  return {
    value,
    expected: metric.fromScale(center),
    ...range(metric, center, threshold * scale),
    z,
    evidence: isUsual ? 0 : status === 'ready' ? normalOfStudent(z, degreesOf(baseline)) : z,
    threshold,
    isWide,
    status,
    count: baseline.count,
    seasonality: seasonality(baseline.season),
    historyTail: baseline.tail.slice(),
    fromMs: baseline.times[0] ?? timeMs,
    toMs: baseline.times.at(-1) ?? timeMs,
    isLikeWeekend: isLikeWeekend(baseline, { timeMs, scaled, center, scale }),
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

function isYoung({ firstMs }: ValueBaseline, timeMs: number): boolean {
  return timeMs - firstMs < 28 * 86_400_000
}

function range(metric: Metric, center: number, width: number): { lower: number; upper: number } {
  const ends = [metric.fromScale(center - width), metric.fromScale(center + width)]
  return { lower: Math.min(...ends), upper: Math.max(...ends) }
}

interface Place {
  readonly timeMs: number
  readonly scaled: number
}

/** At the turn of the month a job may or may not do its monthly work: the nearer of the two is what is expected. */
function nearestCenter({ season }: ValueBaseline, center: number, { timeMs, scaled }: Place): number {
  const kinds = dayFacts(dayOf(timeMs)).special
  const offsets = kinds.flatMap((kind) => season.special[kind] ?? [])
  if (offsets.length === 0) return center
  const plain = center - offsetAt(season, timeMs) + offsetAt({ ...season, special: {} }, timeMs)
  const candidates = [plain, ...offsets.map((offset) => plain + offset)]
  return candidates.reduce((best, each) => (Math.abs(scaled - each) < Math.abs(scaled - best) ? each : best))
}

function isLikeWeekend(
  { season }: ValueBaseline,
  { timeMs, scaled, center, scale }: Place & { readonly center: number; readonly scale: number },
): boolean {
  const { weekdays } = season
  const today = dayFacts(dayOf(timeMs))
  if (!weekdays || today.isWeekend) return false
  const difference = Math.min(weekdays[5] ?? 0, weekdays[6] ?? 0) - (weekdays[today.dayOfWeek] ?? 0)
  // Only where weekends are plainly lower can a low weekday be one in disguise.
  return difference < -3 * scale && scaled < center && scaled > center + difference - 4 * scale
}
