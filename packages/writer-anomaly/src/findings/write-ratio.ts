import { judgedParts, makeAnomaly, placeOf, severityOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf } from './wording.ts'

/** The minimum change of the ratio that matters, absolute and as a share. */
const MIN_CHANGE = 0.01
/** The expected number of written rows below which the ratio is mostly chance. */
const FEW_ROWS = 10
/** The change, as a share, from which no more evidence is needed than for other findings. */
const LARGE_CHANGE = 0.05

/** Finds an unusual ratio of written to processed rows: rows get lost, or multiply. */
export const writeRatio: StepFinding = {
  find({ row, judgements: { ratio: judgement }, options: { sensitivity }, nowMs }) {
    // The ratio of a whole run is a mixture of those of its steps.
    if (!judgement || judgement.status === 'cold' || row.phase === 'pipeline') return undefined
    const { value, expected, evidence, threshold, isWide } = judgement
    if (expected * row.rows < FEW_ROWS) return undefined
    const min = ((isWide ? 3 : 1) * MIN_CHANGE) / sensitivity
    if (Math.abs(evidence) <= threshold || Math.abs(value - expected) < min) return undefined
    const relative = expected > 0 ? Math.abs(value / expected - 1) : 1
    if (relative < min || (relative < LARGE_CHANGE && Math.abs(evidence) <= 1.5 * threshold)) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'write_ratio',
      metric: 'write_ratio',
      detector: 'seasonal-mad',
      severity: severityOf(judgement, expected > 0 ? value / expected - 1 : 1, LARGE_CHANGE),
      description: `${nameOf(row)} wrote ${figure(value)} rows for each row processed; ${expectation(judgement, '')}`,
      nowMs,
      ...judgedParts(judgement),
    })
  },
}
