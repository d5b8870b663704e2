/** Returns the text of a cell; null if it holds none. */
export function textOrNull(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}

/** Returns the number of a cell, also of one that holds a bigint; null if it is empty. */
export function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value)
}
