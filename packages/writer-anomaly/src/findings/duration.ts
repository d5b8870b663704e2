import { HOUR_MS } from '../baseline/calendar.ts'
import type { Judgement } from '../baseline/judge.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import { medianOf } from '../probability/quantiles.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf, sizeOf } from './wording.ts'

/** The minimum change of a duration, in seconds, that matters. */
const MIN_SECS = 5

/** Finds a step that took much longer, or much less time, than its history and the calendar predict. */
export const duration: StepFinding = {
  find({ row, judgements: { duration: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || !isUnusualDuration(judgement, sensitivity)) return undefined
    const { value, expected, evidence } = judgement
    return makeAnomaly(placeOf(row), {
      type: value > expected ? 'duration_spike' : 'duration_drop',
      metric: 'duration_secs',
      detector: 'seasonal-mad',
      severity: severityOf(judgement, ratioOf(judgement) - 1, 0.5),
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

/** The usual time between runs up to which the next run soon shows whether a slow one was a straggler. */
const SOON_MS = 2.5 * HOUR_MS
const LOOKED_AT = 21
/** The deviation of the run before that confirms a slow run, and the ratio that needs no confirmation. */
const CONFIRMING_Z = 2
const HUGE_RATIO = 6

/**
 * Returns whether a run of a frequent pipeline is slow on its own, which happens to any step now and then: nobody can act on it, and the next run, which
 * comes within two or three hours, confirms a slow step.
 */
function isStraggler(judgement: Judgement): boolean {
  const { times, side } = judgement.baseline
  const recent = times.slice(-LOOKED_AT)
  const gaps = recent.slice(1).map((time, at) => time - (recent[at] ?? 0))
  if (gaps.length === 0 || medianOf(gaps) > SOON_MS) return false
  return judgement.value > judgement.expected && ratioOf(judgement) < HUGE_RATIO && side.lastZ < CONFIRMING_Z
}
