import { WriterConfigurationError } from '../errors/kinds.ts'
import { DAY_MS } from '../time/units.ts'

const MS_PER_QUARTER = 900_000
const MAX_KNOWN = 100_000

/** The clock of one time zone. Times are in milliseconds since 1970. */
export interface ZoneClock {
  /** Returns the local time at an instant, as if it were UTC. */
  localMs(utcMs: number): number
  /**
   * Returns the instant of a local time. If the local time occurs twice, returns the first instant. If the clocks skip it, returns the instant that
   * is as long after the change as the local time is after the start of the gap.
   */
  instantOf(localMs: number): number
}

/** Creates the clock of a zone. Throws WriterConfigurationError for a zone that is not in the time zone database. */
export function zoneClock(timeZone: string): ZoneClock {
  const format = formatOf(timeZone)
  if (format.resolvedOptions().timeZone === 'UTC') return { localMs: (utcMs) => utcMs, instantOf: (localMs) => localMs }
  const offsetMs = offsetsOf(format)
  const known = new Map<number, number>()
  return {
    localMs: (utcMs) => utcMs + offsetMs(utcMs),
    instantOf(localMs) {
      const instant = known.get(localMs) ?? findInstant(localMs, offsetMs)
      keep(known, localMs, instant)
      return instant
    },
  }
}

function findInstant(localMs: number, offsetMs: (utcMs: number) => number): number {
  // Only the offsets of the day before and the day after can apply here.
  const [before, after] = [offsetMs(localMs - DAY_MS), offsetMs(localMs + DAY_MS)]
  const fitting = [localMs - before, localMs - after].filter((utcMs) => utcMs + offsetMs(utcMs) === localMs)
  return fitting.length > 0 ? Math.min(...fitting) : localMs - before
}

/**
 * Returns the offset from UTC at an instant. Queries the database once per day, and per quarter hour on days with a change: no change is at a finer
 * time.
 */
function offsetsOf(format: Intl.DateTimeFormat): (utcMs: number) => number {
  const known = new Map<number, number>()
  const offsetAt = (utcMs: number) => {
    const offset = known.get(utcMs) ?? readOffset(format, utcMs)
    keep(known, utcMs, offset)
    return offset
  }
  return (utcMs) => {
    const day = Math.floor(utcMs / DAY_MS) * DAY_MS
    const start = offsetAt(day)
    return start === offsetAt(day + DAY_MS) ? start : offsetAt(Math.floor(utcMs / MS_PER_QUARTER) * MS_PER_QUARTER)
  }
}

function keep(known: Map<number, number>, key: number, value: number): void {
  if (known.size > MAX_KNOWN) known.clear()
  known.set(key, value)
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      era: 'short',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  } catch (cause) {
    throw new WriterConfigurationError(`unknown time zone ${timeZone}`, { cause, committed: 'no' })
  }
}

function readOffset(format: Intl.DateTimeFormat, utcMs: number): number {
  const parts = new Map(format.formatToParts(utcMs).map(({ type, value }) => [type, value]))
  const number = (type: Intl.DateTimeFormatPartTypes) => Number(parts.get(type))
  const year = parts.get('era') === 'BC' ? 1 - number('year') : number('year')
  const local = new Date(0)
  local.setUTCFullYear(year, number('month') - 1, number('day'))
  local.setUTCHours(number('hour'), number('minute'), number('second'))
  return local.getTime() - utcMs
}
