import { type ZoneClock, zoneClock } from '@forge/writer-core'
import { DAY_MS } from '../baseline/calendar.ts'

/** How far clocks are from UTC at an instant, in milliseconds. */
export type Offset = (timeMs: number) => number

/** Zones that stand for the ways in which clocks change; how far they are from UTC does not matter to a rhythm. */
const STANDING_FOR = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Sydney'] as const
/** Time after a change of clocks in which the weeks before still show the old hour. */
const REMEMBERED_MS = 22 * DAY_MS

/** The ways in which the clocks may change that a pipeline follows: one where the zone was given, else those that are common. */
export function clockRules(timeZone: string, zone: ZoneClock): readonly Offset[] {
  if (timeZone !== 'UTC') return [offsetOf(zone)]
  common ??= STANDING_FOR.map((name) => offsetOf(zoneClock(name)))
  return common
}

let common: readonly Offset[] | undefined

/** Whether the rules differ in what they make of the last weeks. */
export function doDiffer(rules: readonly Offset[], timeMs: number): boolean {
  return rules.length > 1 && rules.some((offset) => offset(timeMs) !== offset(timeMs - REMEMBERED_MS))
}

function offsetOf({ localMs }: ZoneClock): Offset {
  // Offsets are asked for again and again, and change twice a year: by the hour is fine enough.
  const known = new Map<number, number>()
  return (timeMs) => {
    const hour = Math.floor(timeMs / 3_600_000)
    const found = known.get(hour)
    if (found !== undefined) return found
    if (known.size > 20_000) known.clear()
    const offset = localMs(hour * 3_600_000) - hour * 3_600_000
    known.set(hour, offset)
    return offset
  }
}
