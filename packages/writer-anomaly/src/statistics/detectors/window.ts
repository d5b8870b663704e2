import { medianSorted } from 'simple-statistics'

/** The last values of a series, oldest first, and the same values in ascending order. */
export interface Window {
  readonly values: number[]
  readonly sorted: number[]
}

export const emptyWindow = (): Window => ({ values: [], sorted: [] })

/** Adds a value, and forgets the oldest beyond `size`. */
export function remember({ values, sorted }: Window, value: number, size: number): void {
  values.push(value)
  sorted.splice(rank(sorted, value), 0, value)
  if (values.length <= size) return
  const oldest = values.shift()
  if (oldest !== undefined) sorted.splice(rank(sorted, oldest), 1)
}

/** Returns the number of values below `value`. */
export function rank(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? Number.POSITIVE_INFINITY) < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Returns the median and the scaled median absolute deviation (1.4826 MAD, the deviation of a normal distribution), at least {@link floorOf}. */
export function robustSpread(sorted: readonly number[]): { center: number; sigma: number } {
  const center = medianSorted(sorted)
  return { center, sigma: Math.max(1.4826 * medianDeviation(sorted, center), floorOf(center)) }
}

/** Returns the minimum spread for values of this size, which keeps the scores of constant series finite. */
export function floorOf(center: number): number {
  return Math.max(1e-9, Math.abs(center) * 0.01)
}

/** Returns the median distance from `center`, walking outwards from it, nearest first, so that nothing is sorted again. */
function medianDeviation(sorted: readonly number[], center: number): number {
  const count = sorted.length
  let above = rank(sorted, center)
  let below = above - 1
  let deviation = 0
  let previous = 0
  for (let step = 0; step <= count >> 1; step += 1) {
    previous = deviation
    const up = (sorted[above] ?? Number.POSITIVE_INFINITY) - center
    const down = center - (sorted[below] ?? Number.NEGATIVE_INFINITY)
    if (up < down) above += 1
    else below -= 1
    deviation = Math.min(up, down)
  }
  return count % 2 === 1 ? deviation : (deviation + previous) / 2
}
