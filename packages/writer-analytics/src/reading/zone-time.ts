import { DAY_MS, zoneClock } from '@forge/writer-core/storage'

/** Local time of a zone. */
export interface ZoneTime {
  /** `YYYY-MM-DD` at an instant. */
  dateOf(instantMs: number): string
  /**
   * Returns the instant at which clocks show this time of that day, as `zoneClock` defines it: the first of two, and the one after the jump if clocks
   * skip it.
   */
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

/** Returns the calendar day `days` after a day. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10)
}
