import { DAY_MS, dayFacts, dayOf, HOUR_MS } from './calendar.ts'
import type { ValueBaseline } from './value-baseline.ts'

/** The days within which every turn of the month comes twice. */
const TWO_MONTHS = 62
const NEAR_MS = 2 * HOUR_MS
/** The distances to yesterday, to the Friday before a Monday, and to a week ago. */
const LAGS_MS = [DAY_MS, 3 * DAY_MS, 7 * DAY_MS]

/** Returns whether this part of the calendar was seen fewer than twice, so that its usual values are unknown. */
export function isNewPhase({ firstMs }: Pick<ValueBaseline, 'firstMs'>, timeMs: number): boolean {
  const ageMs = timeMs - firstMs
  // Within one day, nothing of a week can be seen or missed.
  if (ageMs < DAY_MS) return false
  return ageMs < 14 * DAY_MS || (isTurn(timeMs) && ageMs < TWO_MONTHS * DAY_MS)
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
  if (ageMs < 28 * DAY_MS && LAGS_MS.some((lagMs) => wasSo(baseline, spot, lagMs))) return true
  return isTurn(spot.timeMs) && wasSoAtTurn(baseline, spot)
}

function wasSo({ times, values }: ValueBaseline, { timeMs, scaled, center, scale }: Spot, lagMs: number): boolean {
  const wanted = timeMs - lagMs
  const error = scaled - center
  for (let at = times.length - 1; at >= 0; at--) {
    const time = times[at] ?? 0
    if (time < wanted - NEAR_MS) return false
    const then = ((values[at] ?? 0) - center) * Math.sign(error)
    if (time <= wanted + NEAR_MS && then >= Math.min(Math.abs(error) - 3 * scale, 0.6 * Math.abs(error))) return true
  }
  return false
}

/** Returns whether the value at the same turn of an earlier month lay about as far out on the same side. */
function wasSoAtTurn({ times, values }: ValueBaseline, { timeMs, scaled, center, scale }: Spot): boolean {
  const today = dayFacts(dayOf(timeMs)).special
  const error = scaled - center
  const enough = Math.max(0.6 * Math.abs(error), 2.5 * scale)
  for (let at = times.length - 1; at >= 0; at--) {
    const time = times[at] ?? 0
    if (timeMs - time < 20 * DAY_MS || !dayFacts(dayOf(time)).special.some((kind) => today.includes(kind))) continue
    if (((values[at] ?? 0) - center) * Math.sign(error) >= enough) return true
  }
  return false
}
