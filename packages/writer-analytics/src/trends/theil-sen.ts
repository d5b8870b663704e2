import { assertNoProblems } from '@forge/writer-core/storage'

/** A line through points that resists up to 29 % of outliers. */
export interface TheilSenLine {
  /** Median of the slopes between all pairs of points. */
  readonly slope: number
  /** The median of the values minus slope times `x`. */
  readonly intercept: number
  /** Confidence interval of the slope, by the normal approximation of Kendall's statistic with ties. */
  readonly lower: number
  readonly upper: number
}

/** Two-sided quantiles of the normal distribution. */
const QUANTILES: Readonly<Record<number, number>> = {
  0.8: 1.281551565545,
  0.9: 1.644853626951,
  0.95: 1.95996398454,
  0.99: 2.575829303549,
}

/**
 * Returns the quantile of the normal distribution for a two-sided interval. Throws WriterConfigurationError if the confidence is not 0.8, 0.9, 0.95
 * or 0.99.
 */
export function normalQuantile(confidence: number): number {
  const quantile = QUANTILES[confidence]
  const problem = `must be one of ${Object.keys(QUANTILES).join(', ')}`
  assertNoProblems('invalid interval', [quantile === undefined && { setting: 'confidence', problem }])
  return quantile ?? 0
}

/** Fits the line by Theil and Sen; undefined if fewer than two points differ in `x`. Memory: 4 bytes times the square of the number of points. */
export function theilSen(
  x: readonly number[],
  y: readonly number[],
  { confidence = 0.95 }: { readonly confidence?: number | undefined } = {},
): TheilSenLine | undefined {
  const slopes = pairSlopes(x, y).sort()
  if (slopes.length === 0) return undefined
  const slope = medianOfSorted(slopes)
  const intercept = medianOfSorted(Float64Array.from(y, (value, at) => value - slope * (x[at] ?? 0)).sort())
  const halfWidth = normalQuantile(confidence) * Math.sqrt(kendallVariance(x, y))
  const upperRank = Math.min(Math.round((slopes.length + halfWidth) / 2), slopes.length - 1)
  const lowerRank = Math.max(Math.round((slopes.length - halfWidth) / 2) - 1, 0)
  return { slope, intercept, lower: slopes[lowerRank] ?? slope, upper: slopes[upperRank] ?? slope }
}

function pairSlopes(x: readonly number[], y: readonly number[]): Float64Array {
  const slopes = new Float64Array((x.length * (x.length - 1)) / 2)
  let count = 0
  for (let i = 1; i < x.length; i++) {
    for (let j = 0; j < i; j++) {
      const run = (x[i] ?? 0) - (x[j] ?? 0)
      if (run !== 0) slopes[count++] = ((y[i] ?? 0) - (y[j] ?? 0)) / run
    }
  }
  return slopes.subarray(0, count)
}

function kendallVariance(x: readonly number[], y: readonly number[]): number {
  const pairs = (count: number) => count * (count - 1) * (2 * count + 5)
  const countTies = (values: readonly number[]) => repeats(values).reduce((sum, count) => sum + pairs(count), 0)
  return (pairs(x.length) - countTies(x) - countTies(y)) / 18
}

function repeats(values: readonly number[]): number[] {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts.values()].filter((count) => count > 1)
}

/** Returns the median of values in ascending order; NaN without values. */
export function medianOfSorted(sorted: Float64Array): number {
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
