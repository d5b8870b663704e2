const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/

/** The first instant of year 0001 and the last instant of year 9999, in microseconds since 1970. */
export const MIN_MICROS = -62_135_596_800_000_000n
export const MAX_MICROS = 253_402_300_799_999_999n

/**
 * Parses ISO 8601 text with a zone (`Z` or an offset) into microseconds since 1970; further digits are cut off.
 * Returns undefined if the text is not an instant, or if it has no zone and `assumeUtc` is not set.
 */
export function parseMicros(text: string, { assumeUtc = false } = {}): bigint | undefined {
  const match = ISO.exec(text)
  if (!match) return undefined
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', zone] = match
  if (zone === undefined && !assumeUtc) return undefined
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const isRealDay = date.getUTCMonth() === Number(month) - 1 && date.getUTCDate() === Number(day)
  if (!isRealDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined
  const seconds =
    date.getTime() / 1000 + Number(hour) * 3600 + Number(minute) * 60 + Number(second) - offsetSeconds(zone)
  const micros = BigInt(seconds) * 1_000_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  return micros < MIN_MICROS || micros > MAX_MICROS ? undefined : micros
}

/** Parses an instant like {@link parseMicros}. Throws RangeError if the text is not an instant. */
export function microsFromIso(text: string): bigint {
  const micros = parseMicros(text)
  if (micros === undefined) throw new RangeError('not an ISO 8601 instant with a zone')
  return micros
}

/** Returns the microseconds since 1970 of a valid Date. */
export function microsFromDate(date: Date): bigint {
  return BigInt(date.getTime()) * 1000n
}

/** Formats microseconds since 1970 as `2024-01-01T10:00:00.000000Z`. */
export function isoFromMicros(micros: bigint): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n)
  const fraction = Number(micros - seconds * 1_000_000n)
  const text = new Date(Number(seconds) * 1000).toISOString()
  return `${text.slice(0, -5)}.${String(fraction).padStart(6, '0')}Z`
}

/** Parses `YYYY-MM-DD` into days since 1970; undefined if it is not a date. */
export function parseDays(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const micros = parseMicros(text, { assumeUtc: true })
  return micros === undefined ? undefined : Number(micros / 86_400_000_000n)
}

/** Formats days since 1970 as `YYYY-MM-DD`. */
export function isoFromDays(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, -14)
}

function offsetSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const digits = zone.slice(1).replaceAll(':', '').padEnd(6, '0')
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6))
  return zone.startsWith('-') ? -seconds : seconds
}
