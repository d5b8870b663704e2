/** A count of rows: a whole number of 0 or more, also as float or text; null where the source does not know (missing, -1). */
export function rowCount(value: unknown): number | bigint | null {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value
  if (typeof number !== 'number' || !Number.isFinite(number) || number < 0) return null
  if (Number.isSafeInteger(number)) return number
  return typeof value === 'string' && /^\d+$/.test(value) ? BigInt(value) : Math.round(number)
}

/** The entries that have a value. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null))
}

/** The value that occurs most, the first of equals. */
export function mostFrequent<T>(values: Iterable<T>): T | undefined {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let best: T | undefined
  for (const [value, count] of counts) {
    if (best === undefined || count > (counts.get(best) ?? 0)) best = value
  }
  return best
}
