import { type Judgement, judge } from './judge.ts'

/** The number of times that the distance between a value that is a finding and one that is not is halved. */
const HALVINGS = 24
/** The number of times that the distance is doubled to find a value that is a finding. */
const DOUBLINGS = 8

/** The values that are not a finding. `upper` is null if no value is too high. */
export interface UsualRange {
  readonly lower: number
  readonly upper: number | null
}

/**
 * Returns the range around the expected value in which no value is a finding. The judged value is in it exactly if it is not a finding: values like
 * it may have been seen before, so that what is far out here need not be a finding.
 */
export function usualRange(judgement: Judgement, isFinding: (judged: Judgement) => boolean): UsualRange {
  const { value, expected, metric, scale, threshold, baseline, question } = judgement
  const isOut = (other: number) => {
    const judged = judge(baseline, metric, { ...question, value: other })
    return judged !== undefined && isFinding(judged)
  }
  const isFound = isFinding(judgement)
  const edge = (sign: 1 | -1): number | null => {
    const isHere = Math.sign(value - expected) === sign
    const inside = isHere && !isFound ? value : expected
    const outside = isHere && isFound ? value : firstOutside(inside, sign)
    return outside === null ? (sign === 1 ? null : 0) : nearest(inside, outside)
  }
  const firstOutside = (inside: number, sign: 1 | -1): number | null => {
    let distance = 1.2 * threshold * scale
    for (let step = 0; step < DOUBLINGS; step++, distance *= 2) {
      const other = metric.fromScale(metric.toScale(inside) + sign * distance)
      if (Number.isFinite(other) && isOut(other)) return other
      if (other === 0) return null
    }
    return null
  }
  const nearest = (inside: number, outside: number): number => {
    let [good, bad] = [inside, outside]
    for (let step = 0; step < HALVINGS; step++) {
      const middle = metric.fromScale((metric.toScale(good) + metric.toScale(bad)) / 2)
      if (middle === good || middle === bad) break
      if (isOut(middle)) bad = middle
      else good = middle
    }
    return good
  }
  return { lower: edge(-1) ?? 0, upper: edge(1) }
}
