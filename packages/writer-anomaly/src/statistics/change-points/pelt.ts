/** Returns the cost of one segment of the points from `start` to `end` (exclusive). */
export type SegmentCost = (start: number, end: number) => number

interface Options {
  /** The cost of each further segment. */
  readonly penalty: number
  /** The minimum number of points of a segment, 1 or more. */
  readonly minLength: number
}

/**
 * Returns the starts of all segments except the first, ascending, that minimise the sum of costs and penalties: the optimal partition by pruned exact
 * linear time (Killick, Fearnhead and Eckley 2012). It is linear if changes are frequent, and quadratic without any.
 */
export function pelt(length: number, cost: SegmentCost, { penalty, minLength }: Options): number[] {
  const lowest = new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY)
  const starts = new Int32Array(length + 1)
  lowest[0] = -penalty
  let candidates: Candidate[] = [{ start: 0, until: Number.POSITIVE_INFINITY }]
  for (let end = minLength; end <= length; end += 1) {
    candidates = candidates.filter(({ until }) => end < until)
    const totals = candidates.map(({ start }) => (lowest[start] ?? 0) + cost(start, end))
    const winner = indexOfLeast(totals)
    const best = (totals[winner] ?? 0) + penalty
    lowest[end] = best
    starts[end] = candidates[winner]?.start ?? 0
    // A start that loses even without a penalty never wins for an end that a segment from here can reach.
    for (const [index, candidate] of candidates.entries()) {
      if ((totals[index] ?? 0) > best) candidate.until = Math.min(candidate.until, end + minLength)
    }
    const next = end + 1 - minLength
    if (next >= minLength) candidates.push({ start: next, until: Number.POSITIVE_INFINITY })
  }
  return walkBack(starts, length)
}

/** A start that may still be the best one for ends below `until`. */
interface Candidate {
  readonly start: number
  until: number
}

function walkBack(starts: Int32Array, length: number): number[] {
  const found: number[] = []
  for (let start = starts[length] ?? 0; start > 0; start = starts[start] ?? 0) found.push(start)
  return found.reverse()
}

function indexOfLeast(totals: readonly number[]): number {
  let winner = 0
  for (const [index, total] of totals.entries()) if (total < (totals[winner] ?? total)) winner = index
  return winner
}
