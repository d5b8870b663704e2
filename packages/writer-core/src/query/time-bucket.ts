import { WriterConfigurationError } from '../errors/kinds.ts'
import type { TimeBucket, TimePart } from './aggregate.ts'

const MICROS_PER_SECOND = 1_000_000n
const MICROS_PER_HOUR = 3_600_000_000n
const MS_PER_DAY = 86_400_000

/** Start of the bucket that an instant falls into; both in microseconds since 1970. */
export function bucketStart(micros: bigint, bucket: TimeBucket, zone: ZoneClock): bigint {
  if (bucket === 'hour') return floorTo(micros, MICROS_PER_HOUR)
  const day = Math.floor(zone.localMs(micros) / MS_PER_DAY)
  return zone.instantOf(firstDay(day, bucket) * MS_PER_DAY)
}

function firstDay(day: number, bucket: Exclude<TimeBucket, 'hour'>): number {
  switch (bucket) {
    case 'day':
      return day
    case 'week':
      return day - isoWeekday(day) + 1
    case 'month': {
      const date = new Date(day * MS_PER_DAY)
      date.setUTCDate(1)
      return Math.floor(date.getTime() / MS_PER_DAY)
    }
  }
}

export function timePart(micros: bigint, part: TimePart, zone: ZoneClock): number {
  const localMs = zone.localMs(micros)
  switch (part) {
    case 'hourOfDay':
      return Math.floor(localMs / 3_600_000) - Math.floor(localMs / MS_PER_DAY) * 24
    case 'dayOfWeek':
      return isoWeekday(Math.floor(localMs / MS_PER_DAY))
    case 'dayOfMonth':
      return new Date(localMs).getUTCDate()
  }
}

/** 1 (Monday) to 7. Day 0 was a Thursday. */
function isoWeekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

/** The clocks of one zone. */
export interface ZoneClock {
  /** What the clocks show at that instant, as if it were UTC, in milliseconds; whole seconds. */
  localMs(micros: bigint): number
  /** The first instant at which the clocks show that time, or the first after it where they never do. */
  instantOf(localMs: number): bigint
}

/** Throws WriterConfigurationError for a zone that is not in the time zone database. */
export function zoneClock(timeZone: string): ZoneClock {
  if (timeZone === 'UTC') {
    return {
      localMs: (micros) => Number(floorTo(micros, MICROS_PER_SECOND) / 1000n),
      instantOf: (localMs) => BigInt(localMs) * 1000n,
    }
  }
  const offsetMs = offsetsOf(timeZone)
  return {
    localMs(micros) {
      const utcMs = Number(floorTo(micros, MICROS_PER_SECOND) / 1000n)
      return utcMs + offsetMs(utcMs)
    },
    instantOf(localMs) {
      // Offsets a day before and after are the two that can hold here; the earlier instant that fits is the first.
      const candidates = [offsetMs(localMs - MS_PER_DAY), offsetMs(localMs + MS_PER_DAY)].map(
        (offset) => localMs - offset,
      )
      const fitting = candidates.filter((utcMs) => utcMs + offsetMs(utcMs) === localMs)
      // Where clocks jump over that time, the old offset leads to the moment after the jump.
      return BigInt(fitting.length > 0 ? Math.min(...fitting) : Math.max(...candidates)) * 1000n
    },
  }
}

/** Offset from UTC by instant, kept by quarter hour: zones change at none smaller. */
function offsetsOf(timeZone: string): (utcMs: number) => number {
  const format = formatOf(timeZone)
  const known = new Map<number, number>()
  return (utcMs) => {
    const quarter = Math.floor(utcMs / 900_000)
    let offset = known.get(quarter)
    if (offset === undefined) {
      offset = readOffset(format, quarter * 900_000)
      if (known.size > 100_000) known.clear()
      known.set(quarter, offset)
    }
    return offset
  }
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

function floorTo(micros: bigint, unit: bigint): bigint {
  const rest = micros % unit
  return rest < 0n ? micros - rest - unit : micros - rest
}
