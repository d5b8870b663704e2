import { scoreOfZ } from '../statistics/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf, sizeOf } from './wording.ts'

/** Seconds below which a change of duration matters to nobody. */
const LEAST_SECS = 5

/** A step that took much longer, or much shorter, than its history and the calendar say. */
export const duration: StepFinding = {
  find({ row, judgements: { duration: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || judgement.status === 'cold') return undefined
    const { value, expected, evidence, threshold, isWide } = judgement
    if (Math.abs(evidence) <= threshold || Math.abs(value - expected) <= LEAST_SECS) return undefined
    const isSpike = value > expected
    const ratio = isSpike ? value / expected : expected / Math.max(value, 1e-9)
    const least = isWide ? 3 : 1 + (isSpike ? 0.5 : 1) / sensitivity
    if (ratio <= least) return undefined
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
