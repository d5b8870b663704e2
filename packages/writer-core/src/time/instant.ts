const ISO =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s?(Z|z|[+-]\d{2}(?::?\d{2}(?::?\d{2})?)?)?$/

/** The first instant of year 0001 and the last instant of year 9999, in microseconds since 1970. */
export const MIN_MICROS = -62_135_596_800_000_000n
export const MAX_MICROS = 253_402_300_799_999_999n

/** The values that DuckDB stores for an infinite TIMESTAMP and an infinite DATE. */
const INFINITE_MICROS = 9_223_372_036_854_775_807n
const INFINITE_DAYS = 2_147_483_647

const DAY_SECONDS = 86_400
const MAX_DATE_SECONDS = 8_640_000_000_000
const CYCLE_SECONDS = 146_097 * DAY_SECONDS

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

/**
 * Formats microseconds since 1970 as `2024-01-01T10:00:00.000000Z`. Years outside 0000 to 9999 have a sign and at least six digits, as in
 * ISO 8601; the infinite times of DuckDB are `infinity` and `-infinity`, as it writes them.
 */
export function isoFromMicros(micros: bigint): string {
  if (micros === INFINITE_MICROS || micros === -INFINITE_MICROS) return micros > 0n ? 'infinity' : '-infinity'
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n)
  const fraction = Number(micros - seconds * 1_000_000n)
  const text = isoFromSeconds(Number(seconds))
  return `${text.slice(0, -5)}.${String(fraction).padStart(6, '0')}Z`
}

/** Parses `YYYY-MM-DD` into days since 1970; undefined if it is not a date. */
export function parseDays(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const micros = parseMicros(text, { assumeUtc: true })
  return micros === undefined ? undefined : Number(micros / 86_400_000_000n)
}

/** Formats days since 1970 as `YYYY-MM-DD`; years and infinite days as {@link isoFromMicros} does. */
export function isoFromDays(days: number): string {
  if (days === INFINITE_DAYS || days === -INFINITE_DAYS) return days > 0 ? 'infinity' : '-infinity'
  return isoFromSeconds(days * DAY_SECONDS).slice(0, -14)
}

/** Returns what `Date.toISOString` returns, also beyond the range of Date: the calendar repeats every 400 years. */
function isoFromSeconds(seconds: number): string {
  const cycles = Math.abs(seconds) <= MAX_DATE_SECONDS ? 0 : Math.trunc(seconds / CYCLE_SECONDS)
  const date = new Date((seconds - cycles * CYCLE_SECONDS) * 1000)
  if (cycles === 0) return date.toISOString()
  const year = date.getUTCFullYear() + cycles * 400
  return date.toISOString().replace(/^[+-]?\d+/, `${year < 0 ? '-' : '+'}${String(Math.abs(year)).padStart(6, '0')}`)
}

function offsetSeconds(zone: string | undefined): number {
  if (zone === undefined || zone === 'Z' || zone === 'z') return 0
  const digits = zone.slice(1).replaceAll(':', '').padEnd(6, '0')
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4)) * 60 + Number(digits.slice(4, 6))
  return zone.startsWith('-') ? -seconds : seconds
}
