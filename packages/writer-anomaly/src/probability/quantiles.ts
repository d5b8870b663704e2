/** Returns the interpolated quantile of ascending values, as `quantile_cont`; 0 for no values. */
export function quantileIn(sorted: readonly number[], share: number): number {
  const at = (sorted.length - 1) * share
  const low = Math.floor(at)
  const lower = sorted[low] ?? 0
  const upper = sorted[low + 1] ?? lower
  return lower + (upper - lower) * (at - low)
}

/** Returns the median of values in any order; 0 for no values. */
export function medianOf(values: readonly number[]): number {
  const { length } = values
  if (length < 3) return length === 0 ? 0 : ((values[0] ?? 0) + (values[length - 1] ?? 0)) / 2
  // Typed arrays sort by size without a comparison in JavaScript.
  const sorted = Float64Array.from(values).sort()
  const middle = length >> 1
  const upper = sorted[middle] ?? 0
  return length % 2 === 1 ? upper : ((sorted[middle - 1] ?? 0) + upper) / 2
}
