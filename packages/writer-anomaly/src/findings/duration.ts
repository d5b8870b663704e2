import type { Judgement } from '../baseline/judge.ts'
import { comesSoonAgain } from '../baseline/soon-again.ts'
import { judgedParts, makeAnomaly, placeOf, severityOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf, sizeOf } from './wording.ts'

/** The minimum change of a duration, in seconds, that matters. */
const MIN_SECS = 5

/** Finds a step that took much longer, or much less time, than its history and the calendar predict. */
export const duration: StepFinding = {
  find({ row, judgements: { duration: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || !isUnusualDuration(judgement, sensitivity)) return undefined
    const { value, expected } = judgement
    return makeAnomaly(placeOf(row), {
      type: value > expected ? 'duration_spike' : 'duration_drop',
      metric: 'duration_secs',
      detector: 'seasonal-mad',
      severity: severityOf(judgement, ratioOf(judgement) - 1, 0.5),
      description: `${nameOf(row)} took ${figure(value)} s; ${expectation(judgement, 's')}; ${sizeOf(judgement)}`,
      nowMs,
      ...judgedParts(judgement),
    })
  },
}

/** Returns whether a duration is so far from what was expected that it is a finding. */
export function isUnusualDuration(judgement: Judgement, sensitivity: number): boolean {
  const { value, expected, evidence, threshold, isWide, status } = judgement
  if (status === 'cold' || Math.abs(evidence) <= threshold || Math.abs(value - expected) <= MIN_SECS) return false
  const min = isWide ? 3 : 1 + (value > expected ? 0.5 : 1) / sensitivity
  return ratioOf(judgement) > min && !isStraggler(judgement)
}

function ratioOf({ value, expected }: Judgement): number {
  return value > expected ? value / expected : expected / Math.max(value, 1e-9)
}

/** The deviation of the run before that confirms a slow run, and the ratio that needs no confirmation. */
const CONFIRMING_Z = 2
const HUGE_RATIO = 6

/** Returns whether a run of a frequent pipeline is slow on its own, which happens to any step now and then. */
function isStraggler(judgement: Judgement): boolean {
  const { value, expected, baseline } = judgement
  if (value <= expected || ratioOf(judgement) >= HUGE_RATIO || baseline.side.lastZ >= CONFIRMING_Z) return false
  return comesSoonAgain(baseline)
}
