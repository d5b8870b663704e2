import { safeInteger } from '../batch/rows.ts'
import { DAY_MS } from '../time/units.ts'
import type { TimeBucket, TimePart } from './aggregate.ts'
import type { ZoneClock } from './zone-clock.ts'

const MICROS_PER_HOUR = 3_600_000_000n

/** A time in microseconds since 1970: a bigint if a number would not be exact. */
type Micros = number | bigint

/** Returns the start of the bucket that contains an instant. */
export function bucketStart(micros: Micros, bucket: TimeBucket, zone: ZoneClock): Micros {
  if (bucket === 'hour') return floorToHour(micros)
  const day = Math.floor(zone.localMs(msOf(micros)) / DAY_MS)
  return microsOf(zone.instantOf(firstDay(day, bucket) * DAY_MS))
}

function firstDay(day: number, bucket: Exclude<TimeBucket, 'hour'>): number {
  switch (bucket) {
    case 'day':
      return day
    case 'week':
      return day - isoWeekday(day) + 1
    case 'month': {
      const date = new Date(day * DAY_MS)
      date.setUTCDate(1)
      return Math.floor(date.getTime() / DAY_MS)
    }
  }
}

export function timePart(micros: Micros, part: TimePart, zone: ZoneClock): number {
  const localMs = zone.localMs(msOf(micros))
  switch (part) {
    case 'hourOfDay':
      return Math.floor(localMs / 3_600_000) - Math.floor(localMs / DAY_MS) * 24
    case 'dayOfWeek':
      return isoWeekday(Math.floor(localMs / DAY_MS))
    case 'dayOfMonth':
      return new Date(localMs).getUTCDate()
  }
}

/** Returns the weekday, 1 (Monday) to 7. Day 0 was a Thursday. */
function isoWeekday(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1
}

function msOf(micros: Micros): number {
  return typeof micros === 'number' ? Math.floor(micros / 1000) : Number((micros - modulo(micros, 1000n)) / 1000n)
}

function microsOf(ms: number): Micros {
  const micros = ms * 1000
  return Number.isSafeInteger(micros) ? micros : BigInt(ms) * 1000n
}

function floorToHour(micros: Micros): Micros {
  const whole = BigInt(micros)
  return safeInteger(whole - modulo(whole, MICROS_PER_HOUR))
}

function modulo(value: bigint, by: bigint): bigint {
  const rest = value % by
  return rest < 0n ? rest + by : rest
}
