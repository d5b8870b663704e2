import type { Judgement } from '../baseline/judge.ts'
import { logCountTail } from '../statistics/distributions.ts'
import { scoreOfZ, zOfLogTail } from '../statistics/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf, sizeOf } from './wording.ts'

/** Change that matters, as a share of what is expected. */
const LEAST_CHANGE = 0.25
/** Expected rows below which a count is judged as one. */
const FEW_ROWS = 30

/** Far more or far fewer rows than usual. No rows at all are told as `zero_rows`. */
export const rowCount: StepFinding = {
  find({ row, judgements: { rows: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || judgement.status === 'cold' || judgement.value === 0) return undefined
    const { value, expected, threshold, isWide } = judgement
    const evidence = rowEvidence(judgement)
    if (Math.abs(evidence) <= threshold || expected <= 0) return undefined
    const isDrop = value < expected
    const change = LEAST_CHANGE / sensitivity
    const ratio = isDrop ? expected / value : value / expected
    if (ratio <= (isWide ? 3 : isDrop ? 1 / (1 - Math.min(0.9, change)) : 1 + change)) return undefined
    const isCount = expected < FEW_ROWS
    return makeAnomaly(placeOf(row), {
      type: isDrop ? 'row_count_drop' : 'row_count_spike',
      metric: 'rows_processed',
      detector: isCount ? 'negative-binomial' : 'seasonal-mad',
      severity: severityOf(judgement, value / expected - 1, LEAST_CHANGE),
      description: `${nameOf(row)} processed ${figure(value)} rows; ${expectation(judgement, 'rows')}; ${sizeOf(judgement)}`,
      nowMs,
      value,
      expected,
      z: judgement.z,
      score: scoreOfZ(evidence),
      ...baselineOf(judgement),
    })
  },
}

/** Evidence of a count: that of its distance, and of small counts what their own tail gives: on a logarithmic scale none of them is far out. */
function rowEvidence(judgement: Judgement): number {
  const { expected, value, evidence, z, scale } = judgement
  // What was so at the like time before is no evidence either way.
  if (expected >= FEW_ROWS || evidence === 0) return evidence
  const variance = Math.max(expected, (scale * (expected + 1)) ** 2)
  return Math.sign(z) * zOfLogTail(logCountTail(value, Math.max(expected, 0.1), variance) + Math.log10(2))
}
