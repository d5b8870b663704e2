import { isoFromMicros, parseMicros } from '@forge/writer-core'

export interface InstantReader {
  /** ISO 8601 in UTC with microseconds, or undefined where the text is no time. */
  read(text: string): string | undefined
  /** How many times had no zone. */
  readonly withoutZone: number
}

const BASIC = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})(.*)$/
const ZONED = /(Z|z|[+-]\d{2}(:?\d{2})?)$/

/**
 * Reads the times of one file: extended and basic form, any number of decimals, a space for the `T`. A time without a zone is in `timeZone`,
 * by default UTC; the machine's zone never matters. Throws RangeError for an unknown zone.
 */
export function instantReader(timeZone?: string): InstantReader {
  const offsetAt = timeZone === undefined ? () => 0n : zoneOffset(timeZone)
  let withoutZone = 0
  return {
    read(given) {
      const text = given.trim().replace(BASIC, '$1-$2-$3T$4:$5:$6$7')
      const micros = parseMicros(text, { assumeUtc: true })
      if (micros === undefined) return undefined
      if (ZONED.test(text.slice(10))) return isoFromMicros(micros)
      withoutZone++
      return isoFromMicros(localToUtc(micros, offsetAt))
    },
    get withoutZone() {
      return withoutZone
    },
  }
}

/** Of a local time that the clocks jump over, the instant after the jump; of one that occurs twice, the first. */
function localToUtc(local: bigint, offsetAt: (micros: bigint) => bigint): bigint {
  const guess = local - offsetAt(local)
  return local - offsetAt(guess)
}

/** Microseconds by which a zone is ahead of UTC, at an instant. */
function zoneOffset(timeZone: string): (micros: bigint) => bigint {
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  return (micros) => {
    const parts = format.formatToParts(new Date(Number(micros / 1000n)))
    const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? ''
    const [, sign, hours = '0', minutes = '0', seconds = '0'] = /GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?/.exec(name) ?? []
    const total = BigInt(hours) * 3600n + BigInt(minutes) * 60n + BigInt(seconds)
    return (sign === '-' ? -total : total) * 1_000_000n
  }
}
