import { isoFromMicros, parseMicros, type ZoneClock, zoneClock } from '@forge/writer-core/storage'

export interface InstantReader {
  /** Returns ISO 8601 in UTC with microseconds, or undefined if the text is not a time. */
  read(text: string): string | undefined
  /** Number of times without a zone so far. */
  readonly withoutZone: number
}

const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(.*)$/
/** Matches the zone as databases and Go write it: ` UTC`, ` +0000 UTC`. */
const NAMED_UTC = /(?: ?\+00:?00)? ?(?:UTC|GMT)$/i
const ZONED = /(Z|z|[+-]\d{2}(:?\d{2})?)$/

/**
 * Reads the times of one file: extended and basic form, any number of decimals, a space for the `T`. A time without a zone is in `timeZone`,
 * by default UTC, resolved by `zoneClock`; the zone of the machine never matters. Throws RangeError for an unknown zone.
 */
export function instantReader(timeZone?: string): InstantReader {
  const zone = zoneOf(timeZone ?? 'UTC')
  let withoutZone = 0
  return {
    read(given) {
      const text = given.trim().replace(NAMED_UTC, 'Z').replace(BASIC, '$1-$2-$3T$4:$5:$6$7')
      const micros = parseMicros(text, { assumeUtc: true })
      if (micros === undefined) return undefined
      if (ZONED.test(text.slice(10))) return isoFromMicros(micros)
      withoutZone++
      return isoFromMicros(localToUtc(micros, zone))
    },
    get withoutZone() {
      return withoutZone
    },
  }
}

function zoneOf(timeZone: string): ZoneClock {
  try {
    return zoneClock(timeZone)
  } catch (cause) {
    throw new RangeError(`unknown time zone ${timeZone}`, { cause })
  }
}

function localToUtc(local: bigint, zone: ZoneClock): bigint {
  const rest = ((local % 1000n) + 1000n) % 1000n
  return BigInt(zone.instantOf(Number((local - rest) / 1000n))) * 1000n + rest
}
