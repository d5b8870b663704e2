import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { dayFacts, dayOf } from './calendar.ts'
import type { Metric } from './metric.ts'
import { ownDayMs } from './season.ts'
import type { ValueBaseline } from './value-baseline.ts'

/** The days within which every turn of the month comes twice. */
const TWO_MONTHS = 62
const NEAR_MS = 2 * HOUR_MS
/** The share of a deviation from which an earlier one is like it. */
const ALIKE_SHARE = 0.6
/** The distances to yesterday, to the Friday before a Monday, and to a week ago. */
const LAGS_MS = [DAY_MS, 3 * DAY_MS, 7 * DAY_MS]

/** Returns whether this part of the calendar was seen fewer than twice, so that its usual values are unknown. */
export function isNewPhase({ firstMs }: Pick<ValueBaseline, 'firstMs'>, timeMs: number): boolean {
  const ageMs = timeMs - firstMs
  // Within one day, nothing of a week can be seen or missed.
  if (ageMs < DAY_MS) return false
  return ageMs < 14 * DAY_MS || (isTurn(timeMs) && ageMs < TWO_MONTHS * DAY_MS)
}

/** Returns whether the day is at the turn of a month, of which fewer than two were seen: what a job does on such days is unknown. */
export function isNewTurn({ firstMs }: Pick<ValueBaseline, 'firstMs'>, timeMs: number): boolean {
  return isTurn(timeMs) && timeMs - firstMs < TWO_MONTHS * DAY_MS
}

/** Returns whether the day is at the turn of a month, when jobs do their monthly work. */
export function isTurn(timeMs: number): boolean {
  return dayFacts(dayOf(timeMs)).special.length > 0
}

/** An instant and a value at this instant, on the metric's scale; `center` is the expected value. */
export interface Spot {
  readonly timeMs: number
  readonly scaled: number
  readonly center: number
  readonly scale: number
}

/** Returns whether a similar value was seen at a similar time before: what a season would say that is not known yet. */
export function wasSoBefore(baseline: ValueBaseline, spot: Spot): boolean {
  const ageMs = spot.timeMs - baseline.firstMs
  // A first weekend may be quiet.
  const isFirstWeekend = ageMs >= 2 * DAY_MS && ageMs < 7 * DAY_MS && dayFacts(dayOf(spot.timeMs)).isWeekend
  if (isFirstWeekend && spot.scaled < spot.center) return true
  if (
    ageMs < 28 * DAY_MS
      ? LAGS_MS.some((lagMs) => wasSo(baseline, spot, { lagMs, nearMs: NEAR_MS }))
      : isHabit(baseline, spot)
  )
    return true
  return isTurn(ownDayMs(baseline.season, spot.timeMs)) && wasSoAtTurn(baseline, spot)
}

/** The time within which runs of a known series are at the same time, and the number of runs in between from which a value comes back. */
const SAME_MS = 30 * 60_000
const MIN_BETWEEN = 3

/** Returns whether a value of a known series came at the same time on the two days, or in the two weeks, before: with few runs in between it goes on instead. */
function isHabit(baseline: ValueBaseline, spot: Spot): boolean {
  const was = (lagMs: number) => wasSo(baseline, spot, { lagMs, nearMs: SAME_MS, between: MIN_BETWEEN })
  return [DAY_MS, 7 * DAY_MS].some((lagMs) => was(lagMs) && was(2 * lagMs))
}

/** A value that is a burst, on its own scale, and what was expected instead. */
export interface BurstSpot {
  readonly timeMs: number
  readonly value: number
  readonly expected: number
  readonly metric: Metric
}

/** Returns whether a burst on the same side, of at least six tenths of this one, came within an hour of this time a day or a week before. */
export function wasBurstBefore(
  { times, values }: ValueBaseline,
  { timeMs, value, expected, metric }: BurstSpot,
): boolean {
  return [DAY_MS, 7 * DAY_MS].some((lagMs) => {
    const wanted = timeMs - lagMs
    for (let at = times.length - 1; at >= 0 && (times[at] ?? 0) >= wanted - HOUR_MS; at--) {
      if ((times[at] ?? 0) > wanted + HOUR_MS) continue
      if ((metric.fromScale(values[at] ?? 0) - expected) / (value - expected) >= ALIKE_SHARE) return true
    }
    return false
  })
}

function wasSo(
  { times, values }: ValueBaseline,
  { timeMs, scaled, center, scale }: Spot,
  { lagMs, nearMs, between = 0 }: { readonly lagMs: number; readonly nearMs: number; readonly between?: number },
): boolean {
  const wanted = timeMs - lagMs
  const error = scaled - center
  for (let at = times.length - 1 - between; at >= 0; at--) {
    const time = times[at] ?? 0
    if (time < wanted - nearMs) return false
    const then = ((values[at] ?? 0) - center) * Math.sign(error)
    if (time <= wanted + nearMs && then >= Math.min(Math.abs(error) - 3 * scale, ALIKE_SHARE * Math.abs(error)))
      return true
  }
  return false
}

/** Returns whether the value at the same turn of an earlier month lay about as far out on the same side. */
function wasSoAtTurn({ times, values, season }: ValueBaseline, { timeMs, scaled, center, scale }: Spot): boolean {
  const today = dayFacts(dayOf(ownDayMs(season, timeMs))).special
  const error = scaled - center
  const enough = Math.max(ALIKE_SHARE * Math.abs(error), 2.5 * scale)
  for (let at = times.length - 1; at >= 0; at--) {
    const time = times[at] ?? 0
    if (
      timeMs - time < 20 * DAY_MS ||
      !dayFacts(dayOf(ownDayMs(season, time))).special.some((kind) => today.includes(kind))
    )
      continue
    if (((values[at] ?? 0) - center) * Math.sign(error) >= enough) return true
  }
  return false
}
