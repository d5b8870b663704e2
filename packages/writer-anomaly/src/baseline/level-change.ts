import { medianOf } from '../statistics/quantiles.ts'
import { DAY_MS } from './calendar.ts'
import { isTurn } from './familiarity.ts'
import { SIDE_Z, side } from './side.ts'
import { plainValues, rebuild, type ValueBaseline } from './value-baseline.ts'

/** Runs in a row that make a new level. */
export const SHIFT_RUNS = 5
/** Values needed before a change to call it one. */
const LEAST_BEFORE = 9
/** Time that the runs must span: more than a weekend, of which a young series knows nothing. */
const SHIFT_MS = 3 * DAY_MS
/** More where they began at the turn of a month, which may take so long. */
const TURN_MS = 7 * DAY_MS
/** Mean of their deviations that makes a new level by itself, and one that needs more of them. */
const SHIFT_Z = 3
const LEAST_Z = 2.2

/** Distance from the old level to that of the last runs, where these make a new one; else undefined. On the metric's scale. */
export function shiftOf(baseline: ValueBaseline): { readonly distance: number; readonly z: number } | undefined {
  const { level, times, side: known, sinceShift } = baseline
  if (sinceShift < LEAST_BEFORE + SHIFT_RUNS || known.runs < SHIFT_RUNS || known.sinceMs === 0) return undefined
  const leastMs = isTurn(known.sinceMs) ? TURN_MS : SHIFT_MS
  if (Math.abs(known.lastZ) < SIDE_Z || (times.at(-1) ?? 0) - known.sinceMs < leastMs) return undefined
  const z = known.sum / known.runs
  // What two levels explain better than one, against what a further level costs.
  const isGain = Math.abs(z) > LEAST_Z && 0.5 * known.runs * z * z > 4 * Math.log(times.length)
  if (Math.abs(z) < SHIFT_Z && !isGain) return undefined
  const from = firstSince(times, known.sinceMs)
  if (from < LEAST_BEFORE) return undefined
  const before = plainValues(baseline, Math.max(0, from - level.capacity), from)
  return { distance: medianOf(plainValues(baseline, from, times.length)) - medianOf(before), z }
}

/** Takes the last runs as the new level: what was learned before moves there, so that season and spread stay known. */
export function moveLevel(baseline: ValueBaseline, shift: number): void {
  const { values, times } = baseline
  const from = firstSince(times, baseline.side.sinceMs)
  for (let at = 0; at < from; at++) values[at] = (values[at] ?? 0) + shift
  // Level and spread as if it had always been there: the errors of the change itself say nothing about later ones.
  rebuild(baseline)
  baseline.side = side()
  baseline.sinceShift = 0
}

function firstSince(times: readonly number[], timeMs: number): number {
  let at = times.length
  while (at > 0 && (times[at - 1] ?? 0) >= timeMs) at--
  return at
}
