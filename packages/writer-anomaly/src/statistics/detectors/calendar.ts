import { DAY_MS } from '@forge/writer-core/storage'
import { dayOfWeek, hourOf } from '../../baseline/calendar.ts'

/** A season: a division of time into recurring phases by the calendar of the points' times (UTC, or what the clocks of a zone show). */
export interface Season {
  readonly name: 'hour' | 'weekday' | 'hour-of-week' | 'day-of-month'
  readonly phases: number
  /** The length of a whole cycle, in milliseconds; for months, that of the longest. */
  readonly cycleMs: number
  phaseOf(timeMs: number): number
}

/** The seasons that detectors know, shortest cycle first. */
export const SEASONS: readonly Season[] = [
  { name: 'hour', phases: 24, cycleMs: DAY_MS, phaseOf: hourOf },
  { name: 'weekday', phases: 7, cycleMs: 7 * DAY_MS, phaseOf: dayOfWeek },
  {
    name: 'hour-of-week',
    phases: 168,
    cycleMs: 7 * DAY_MS,
    phaseOf: (timeMs) => dayOfWeek(timeMs) * 24 + hourOf(timeMs),
  },
  {
    name: 'day-of-month',
    phases: 31,
    cycleMs: 31 * DAY_MS,
    phaseOf: (timeMs) => new Date(timeMs).getUTCDate() - 1,
  },
]
