import { convertValue } from '@forge/writer-core/storage'

const MAX_COUNT = 2n ** 63n - 1n

/**
 * Returns a row count, an integer of 0 or more that may be given as float or text; null if the source does not know it (missing, -1) or it is beyond
 * 2^63.
 */
export function rowCount(value: unknown): number | bigint | null {
  const count = typeof value === 'string' ? (convertValue('int64', value) ?? Number(value || Number.NaN)) : value
  if (typeof count === 'bigint') return count >= 0n && count <= MAX_COUNT ? count : null
  if (typeof count !== 'number' || !Number.isFinite(count) || count < 0) return null
  const whole = Math.round(count)
  return Number.isSafeInteger(whole) ? whole : rowCount(BigInt(whole))
}

/** Returns the exact sum of counts. */
export function sumOfCounts(counts: readonly (number | bigint)[]): number | bigint | null {
  return rowCount(counts.reduce<bigint>((sum, each) => sum + BigInt(each), 0n).toString())
}

/** Returns the entries that have a value. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

/** Returns the most frequent value, or the first of several. */
export function mostFrequent<T>(values: Iterable<T>): T | undefined {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let best: T | undefined
  for (const [value, count] of counts) {
    if (best === undefined || count > (counts.get(best) ?? 0)) best = value
  }
  return best
}
