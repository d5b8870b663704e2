import { DAY_MS } from '@forge/writer-core/storage'
import { medianOf } from '../probability/quantiles.ts'
import { isTurn } from './familiarity.ts'
import { ownDayMs } from './season.ts'
import { SIDE_Z, side } from './side.ts'
import { plainValues, rebuild, type ValueBaseline } from './value-baseline.ts'

/** The number of consecutive runs that make a new level. */
export const SHIFT_RUNS = 5
/** The minimum number of values before a change. */
const MIN_BEFORE = 9
/** The minimum time that the runs must span: more than a weekend, of which a young series knows nothing. */
const SHIFT_MS = 3 * DAY_MS
/** The minimum time if the runs began at the turn of a month, which may last this long. */
const TURN_MS = 7 * DAY_MS
/** The mean deviation that makes a new level alone, and the one that needs more runs. */
const SHIFT_Z = 3
const MIN_Z = 2.2

/** Returns the distance from the old level to that of the last runs on the metric's scale, if they make a new level; otherwise undefined. */
export function shiftOf(baseline: ValueBaseline): { readonly distance: number; readonly z: number } | undefined {
  const { level, times, side: known, sinceShift } = baseline
  if (sinceShift < MIN_BEFORE + SHIFT_RUNS || known.runs < SHIFT_RUNS || known.sinceMs === 0) return undefined
  const leastMs = isNearTurn(ownDayMs(baseline.season, known.sinceMs)) ? TURN_MS : SHIFT_MS
  if (Math.abs(known.lastZ) < SIDE_Z || (times.at(-1) ?? 0) - known.sinceMs < leastMs) return undefined
  const z = known.sum / known.runs
  // The improvement by a second level must exceed the cost of a further level.
  const isGain = Math.abs(z) > MIN_Z && 0.5 * known.runs * z * z > 4 * Math.log(times.length)
  if (Math.abs(z) < SHIFT_Z && !isGain) return undefined
  const from = firstSince(times, known.sinceMs)
  if (from < MIN_BEFORE) return undefined
  const before = plainValues(baseline, Math.max(0, from - level.capacity), from)
  return { distance: medianOf(plainValues(baseline, from, times.length)) - medianOf(before), z }
}

/** Returns whether the turn of the month begins on this day or the next. */
function isNearTurn(timeMs: number): boolean {
  return isTurn(timeMs) || isTurn(timeMs + DAY_MS)
}

/** Takes the last runs as the new level: moves the values before them, so that season and spread stay known. */
export function moveLevel(baseline: ValueBaseline, shift: number): void {
  const { values, times } = baseline
  const from = firstSince(times, baseline.side.sinceMs)
  for (let at = 0; at < from; at++) values[at] = (values[at] ?? 0) + shift
  // Level and spread are computed as if it had always been this level: the errors of the change say nothing about later ones.
  rebuild(baseline)
  baseline.side = side()
  baseline.sinceShift = 0
}

function firstSince(times: readonly number[], timeMs: number): number {
  let at = times.length
  while (at > 0 && (times[at - 1] ?? 0) >= timeMs) at--
  return at
}
