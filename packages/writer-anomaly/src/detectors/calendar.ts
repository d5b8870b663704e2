const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** A way in which the calendar (UTC) divides time into phases that return. */
export interface Season {
  readonly name: 'hour' | 'weekday' | 'hour-of-week' | 'day-of-month'
  readonly phases: number
  /** Length of a whole cycle, in milliseconds; of a month the longest. */
  readonly cycleMs: number
  phaseOf(timeMs: number): number
}

/** The seasons that detectors know, shortest cycle first. */
export const SEASONS: readonly Season[] = [
  { name: 'hour', phases: 24, cycleMs: DAY_MS, phaseOf: (timeMs) => modulo(Math.floor(timeMs / HOUR_MS), 24) },
  { name: 'weekday', phases: 7, cycleMs: 7 * DAY_MS, phaseOf: (timeMs) => weekday(timeMs) },
  {
    name: 'hour-of-week',
    phases: 168,
    cycleMs: 7 * DAY_MS,
    phaseOf: (timeMs) => weekday(timeMs) * 24 + modulo(Math.floor(timeMs / HOUR_MS), 24),
  },
  {
    name: 'day-of-month',
    phases: 31,
    cycleMs: 31 * DAY_MS,
    phaseOf: (timeMs) => new Date(timeMs).getUTCDate() - 1,
  },
]

/** 0 is Monday; 1 January 1970 was a Thursday. */
function weekday(timeMs: number): number {
  return modulo(Math.floor(timeMs / DAY_MS) + 3, 7)
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by
}
