import { type BaselineStatus, type Judgement, judge } from '../baseline/judge.ts'
import { isUnusualDuration } from '../findings/duration.ts'
import { isUnusualCount } from '../findings/row-count.ts'
import type { StepContext } from '../findings/step-finding.ts'
import { isUnusualZero } from '../findings/zero-rows.ts'

/** The expected value of one figure of one row, whether it is a finding or not. */
export interface ExpectedPoint {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
  readonly runId: string
  readonly mode: string
  /** The start of the row. ISO 8601, UTC. */
  readonly at: string
  readonly metric: 'duration_secs' | 'rows_processed'
  readonly value: number
  readonly expected: number
  /** The values from `lower` to `upper` are not a finding; the point is outside exactly if it is one. Null while too little is known to judge. */
  readonly lower: number | null
  /** Null while too little is known to judge, or if no value is too high. */
  readonly upper: number | null
  /** The number of values that it was judged by. */
  readonly known: number
  readonly status: BaselineStatus
}

/** The number of times that the distance between a value that is a finding and one that is not is halved. */
const HALVINGS = 24
/** The number of times that the distance is doubled to find a value that is a finding. */
const DOUBLINGS = 8

/** Returns the expected duration and rows of a row that was judged and is not learned yet. Leaves out points that the caller does not want. */
export function expectedPoints(
  { row, judgements, figures, options }: StepContext,
  wants: (metric: ExpectedPoint['metric']) => boolean,
): ExpectedPoint[] {
  const { sensitivity } = options
  const duration = wants('duration_secs') ? judgements.duration : undefined
  const rows = wants('rows_processed') ? judgements.rows : undefined
  const place = {
    pipeline: row.pipeline,
    phase: row.phase,
    step: row.step,
    runId: row.runId,
    mode: row.mode,
    at: new Date(row.timeMs).toISOString(),
  }
  const pointOf = (
    metric: ExpectedPoint['metric'],
    judgement: Judgement,
    isFinding: (judged: Judgement) => boolean,
  ): ExpectedPoint => ({
    ...place,
    metric,
    value: judgement.value,
    expected: judgement.expected,
    ...(judgement.status === 'cold' ? { lower: null, upper: null } : rangeOf(judgement, isFinding)),
    known: judgement.count,
    status: judgement.status,
  })
  return [
    ...(duration ? [pointOf('duration_secs', duration, (judged) => isUnusualDuration(judged, sensitivity))] : []),
    ...(rows
      ? [
          pointOf(
            'rows_processed',
            rows,
            (judged) => isUnusualCount(judged, sensitivity) || isUnusualZero(judged, figures.zeros, sensitivity),
          ),
        ]
      : []),
  ]
}

/**
 * Returns the range around the expected value in which no value is a finding. The judged value is in it exactly if it is not a finding: values like
 * it may have been seen before, so that what is far out here need not be a finding.
 */
function rangeOf(judgement: Judgement, isFinding: (judged: Judgement) => boolean) {
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
  return { lower: edge(-1), upper: edge(1) }
}
