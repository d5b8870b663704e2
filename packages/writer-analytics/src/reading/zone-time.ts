import { zoneClock } from '@forge/writer-core/storage'

const DAY_MS = 86_400_000

/** Local time of a zone. */
export interface ZoneTime {
  /** `YYYY-MM-DD` at an instant. */
  dateOf(instantMs: number): string
  /** The instant at which clocks show this time of that day, as `zoneClock` has it: the first of two, and after the jump when they jump over it. */
  instantOf(date: string, secondsOfDay: number): number
}

/** Throws WriterConfigurationError when there is no such zone. */
export function zoneTime(timeZone: string): ZoneTime {
  const clock = zoneClock(timeZone)
  return {
    dateOf: (instantMs) => new Date(clock.localMs(instantMs)).toISOString().slice(0, 10),
    instantOf: (date, secondsOfDay) => clock.instantOf(Date.parse(`${date}T00:00:00Z`) + secondsOfDay * 1000),
  }
}

/** The calendar day `days` after one. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}
