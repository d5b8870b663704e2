import type { SegmentCost } from './pelt.ts'

/** The shape that is fitted to each segment. */
export type SegmentModel = 'level' | 'line'

/** Returns a function for the sum of squared residuals of a segment from its own mean or its own line, in constant time by prefix sums. */
export function squaredResiduals(values: readonly number[], model: SegmentModel): SegmentCost {
  const sums = prefix(values, (value) => value)
  const squares = prefix(values, (value) => value * value)
  const moments = prefix(values, (value, index) => index * value)
  return (start, end) => {
    const count = end - start
    const sum = between(sums, start, end)
    const spread = between(squares, start, end) - (sum * sum) / count
    if (model === 'level' || count < 2) return Math.max(0, spread)
    const covariance = between(moments, start, end) - ((start + end - 1) / 2) * sum
    return Math.max(0, spread - (covariance * covariance) / ((count * (count * count - 1)) / 12))
  }
}

function prefix(values: readonly number[], of: (value: number, index: number) => number): Float64Array {
  const sums = new Float64Array(values.length + 1)
  for (const [index, value] of values.entries()) sums[index + 1] = (sums[index] ?? 0) + of(value, index)
  return sums
}

function between(sums: Float64Array, start: number, end: number): number {
  return (sums[end] ?? 0) - (sums[start] ?? 0)
}
