import { scoreOfZ } from '../statistics/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf } from './wording.ts'

/** Change of the ratio that matters, absolute and as a share. */
const LEAST_CHANGE = 0.01
/** Expected written rows below which the ratio is mostly chance. */
const FEW_ROWS = 10
/** Share from which a change needs no more evidence than others. */
const LARGE_CHANGE = 0.05

/** Rows written for each row processed, unlike before: rows get lost, or multiply. */
export const writeRatio: StepFinding = {
  find({ row, judgements: { ratio: judgement }, options: { sensitivity }, nowMs }) {
    // The ratio of a whole run is a mixture of its steps'.
    if (!judgement || judgement.status === 'cold' || row.phase === 'pipeline') return undefined
    const { value, expected, evidence, threshold, isWide } = judgement
    if (expected * row.rows < FEW_ROWS) return undefined
    const least = ((isWide ? 3 : 1) * LEAST_CHANGE) / sensitivity
    if (Math.abs(evidence) <= threshold || Math.abs(value - expected) < least) return undefined
    const relative = expected > 0 ? Math.abs(value / expected - 1) : 1
    if (relative < least || (relative < LARGE_CHANGE && Math.abs(evidence) <= 1.5 * threshold)) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'write_ratio',
      metric: 'write_ratio',
      detector: 'seasonal-mad',
      severity: severityOf(judgement, expected > 0 ? value / expected - 1 : 1, LARGE_CHANGE),
      description: `${nameOf(row)} wrote ${figure(value)} rows for each row processed; ${expectation(judgement, '')}`,
      nowMs,
      value,
      expected,
      z: judgement.z,
      score: scoreOfZ(evidence),
      ...baselineOf(judgement),
    })
  },
}
