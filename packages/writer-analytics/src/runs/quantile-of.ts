/** Returns a quantile of a few values in memory, interpolated linearly as storages do; null without values. */
export function quantileOf(values: readonly number[], q: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  const rank = (sorted.length - 1) * q
  const [low, high] = [sorted[Math.floor(rank)], sorted[Math.ceil(rank)]]
  return low === undefined || high === undefined ? null : low + (high - low) * (rank - Math.floor(rank))
}
