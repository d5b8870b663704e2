import type { BaselineStatus, Judgement } from '../baseline/judge.ts'
import { usualRange } from '../baseline/usual-range.ts'
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
    ...(judgement.status === 'cold' ? { lower: null, upper: null } : usualRange(judgement, isFinding)),
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
