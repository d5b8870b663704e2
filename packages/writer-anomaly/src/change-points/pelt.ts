/** Cost of making one segment of the points from `start` up to `end`, which is not part of it. */
export type SegmentCost = (start: number, end: number) => number

interface Options {
  /** What each further segment costs. */
  readonly penalty: number
  /** Fewest points of a segment, 1 or more. */
  readonly leastLength: number
}

/**
 * Starts of all segments but the first, ascending, such that costs and penalties together are least: the optimal
 * partition, by pruned exact linear time (Killick, Fearnhead and Eckley 2012). Linear where changes are many, quadratic
 * where there are none.
 */
export function pelt(length: number, cost: SegmentCost, { penalty, leastLength }: Options): number[] {
  const least = new Float64Array(length + 1).fill(Number.POSITIVE_INFINITY)
  const starts = new Int32Array(length + 1)
  least[0] = -penalty
  let candidates: Candidate[] = [{ start: 0, until: Number.POSITIVE_INFINITY }]
  for (let end = leastLength; end <= length; end += 1) {
    candidates = candidates.filter(({ until }) => end < until)
    const totals = candidates.map(({ start }) => (least[start] ?? 0) + cost(start, end))
    const winner = indexOfLeast(totals)
    const best = (totals[winner] ?? 0) + penalty
    least[end] = best
    starts[end] = candidates[winner]?.start ?? 0
    // A start that loses already without a penalty never wins for an end that a segment from here can reach.
    for (const [index, candidate] of candidates.entries()) {
      if ((totals[index] ?? 0) > best) candidate.until = Math.min(candidate.until, end + leastLength)
    }
    const next = end + 1 - leastLength
    if (next >= leastLength) candidates.push({ start: next, until: Number.POSITIVE_INFINITY })
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
