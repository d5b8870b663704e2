import { scoreOfZ } from '../probability/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf, sizeOf } from './wording.ts'

/** The minimum change of a duration, in seconds, that matters. */
const MIN_SECS = 5

/** Finds a step that took much longer, or much less time, than its history and the calendar predict. */
export const duration: StepFinding = {
  find({ row, judgements: { duration: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || judgement.status === 'cold') return undefined
    const { value, expected, evidence, threshold, isWide } = judgement
    if (Math.abs(evidence) <= threshold || Math.abs(value - expected) <= MIN_SECS) return undefined
    const isSpike = value > expected
    const ratio = isSpike ? value / expected : expected / Math.max(value, 1e-9)
    const min = isWide ? 3 : 1 + (isSpike ? 0.5 : 1) / sensitivity
    if (ratio <= min) return undefined
    return makeAnomaly(placeOf(row), {
      type: isSpike ? 'duration_spike' : 'duration_drop',
      metric: 'duration_secs',
      detector: 'seasonal-mad',
      severity: severityOf(judgement, ratio - 1, 0.5),
      description: `${nameOf(row)} took ${figure(value)} s; ${expectation(judgement, 's')}; ${sizeOf(judgement)}`,
      nowMs,
      value,
      expected,
      z: judgement.z,
      score: scoreOfZ(evidence),
      ...baselineOf(judgement),
    })
  },
}
