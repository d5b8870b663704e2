import { medianOf } from './quantiles.ts'

/**
 * Returns the statistic of the Mann-Kendall test: the number of rising minus falling pairs of values, in deviations of that number without a trend.
 * Equal values count as neither, and lower the deviation. 0 if nothing rises or falls.
 */
export function mannKendall(values: readonly number[]): number {
  let score = 0
  for (let later = 1; later < values.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      score += Math.sign((values[later] ?? 0) - (values[earlier] ?? 0))
    }
  }
  if (score === 0) return 0
  const variance = (ways(values.length) - waysOfEqual(values)) / 18
  return (score - Math.sign(score)) / Math.sqrt(variance)
}

/** Returns the Theil-Sen slope per step: the median of the slopes between all pairs. */
export function theilSen(values: readonly number[]): number {
  const slopes: number[] = []
  for (let later = 1; later < values.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      slopes.push(((values[later] ?? 0) - (values[earlier] ?? 0)) / (later - earlier))
    }
  }
  return medianOf(slopes)
}

function ways(count: number): number {
  return count * (count - 1) * (2 * count + 5)
}

function waysOfEqual(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  let sum = 0
  let from = 0
  for (let at = 1; at <= sorted.length; at++) {
    if (sorted[at] === sorted[from]) continue
    sum += ways(at - from)
    from = at
  }
  return sum
}
