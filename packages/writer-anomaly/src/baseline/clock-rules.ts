import { DAY_MS, HOUR_MS, type ZoneClock, zoneClock } from '@forge/writer-core/storage'

/** Returns the offset of clocks from UTC at an instant, in milliseconds. */
export type Offset = (timeMs: number) => number

/** Zones that represent the ways in which clocks change; their distance from UTC does not affect a rhythm. */
const STANDING_FOR = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Sydney'] as const
/** The time after a change of clocks in which the weeks before still show the old hour. */
const REMEMBERED_MS = 22 * DAY_MS
/** The time after which the known hours are those of the new clocks. */
const SETTLING_MS = 42 * DAY_MS

/** Returns the possible changes of clocks that a pipeline follows: one if the zone was given, otherwise the common ones. */
export function clockRules(zone: ZoneClock | undefined): readonly Offset[] {
  if (zone) return [offsetOf(zone)]
  common ??= STANDING_FOR.map((name) => offsetOf(zoneClock(name)))
  return common
}

let common: readonly Offset[] | undefined

/** Returns whether the rules disagree about the last weeks. */
export function doDiffer(rules: readonly Offset[], timeMs: number): boolean {
  return rules.length > 1 && rules.some((offset) => offset(timeMs) !== offset(timeMs - REMEMBERED_MS))
}

/** Returns whether the clocks of some rule changed lately, so that hours may have moved by one. */
export function haveChanged(rules: readonly Offset[], timeMs: number): boolean {
  const day = Math.floor(timeMs / DAY_MS)
  if (rules !== common) return false
  const found = changed.get(day)
  if (found !== undefined) return found
  if (changed.size > 5000) changed.clear()
  const has = rules.some((offset) => offset(timeMs) !== offset(timeMs - SETTLING_MS))
  changed.set(day, has)
  return has
}

const changed = new Map<number, boolean>()

function offsetOf({ localMs }: ZoneClock): Offset {
  // Offsets are requested very often and change twice a year: caching them by the hour is precise enough.
  const known = new Map<number, number>()
  return (timeMs) => {
    const hour = Math.floor(timeMs / HOUR_MS)
    const found = known.get(hour)
    if (found !== undefined) return found
    if (known.size > 20_000) known.clear()
    const offset = localMs(hour * HOUR_MS) - hour * HOUR_MS
    known.set(hour, offset)
    return offset
  }
}
