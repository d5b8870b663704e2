import { isNewTurn, isTurn, wasBurstBefore, wasSoBefore } from '../baseline/familiarity.ts'
import { asBurst, type Judgement } from '../baseline/judge.ts'
import { usualRange } from '../baseline/usual-range.ts'
import { logCountTail } from '../probability/distributions.ts'
import { scoreOfZ, zOfLogTail } from '../probability/normal-tail.ts'
import { judgedParts, makeAnomaly, placeOf, severityOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, figure, nameOf, sizeOf } from './wording.ts'

/** The minimum change that matters, as a share of the expected number. */
const MIN_CHANGE = 0.25
/** The expected number of rows below which a value is judged as a count. */
const FEW_ROWS = 30

/** The factor by which rows must exceed the expected number if little is known, and at a turn of the month that is among the first two. */
const WIDE_RATIO = 3
const TURN_RATIO = 6

/** Finds far more or far fewer rows than usual. A step without any rows is a finding of type `zero_rows` instead. */
export const rowCount: StepFinding = {
  find({ row, judgements: { rows: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || !isUnusualCount(judgement, sensitivity)) return undefined
    const burst = isFarCount(judgement, sensitivity) ? undefined : judgement.burst
    const isCount = judgement.expected < FEW_ROWS
    const judged = burst ? asBurst(judgement, burst) : isCount ? withBand(judgement, sensitivity) : judgement
    const { value, expected } = judged
    const evidence = burst ? burst.z : rowEvidence(judgement)
    const isDrop = value < expected
    return makeAnomaly(placeOf(row), {
      type: isDrop ? 'row_count_drop' : 'row_count_spike',
      metric: 'rows_processed',
      detector: burst ? 'burst' : isCount ? 'negative-binomial' : 'seasonal-mad',
      severity: severityOf(judged, value / expected - 1, MIN_CHANGE),
      description: `${nameOf(row)} processed ${figure(value)} rows; ${expectation(judged, 'rows')}; ${sizeOf(judged)}`,
      nowMs,
      ...judgedParts(judged),
      score: scoreOfZ(evidence),
    })
  },
}

/** Returns a judgement with the limits of what counts of events are reported by: those of the scale are far wider. */
function withBand(judgement: Judgement, sensitivity: number): Judgement {
  const { lower, upper } = usualRange(judgement, (other) => isUnusualCount(other, sensitivity))
  return upper === null ? judgement : { ...judgement, band: [Math.ceil(lower), Math.floor(upper)] }
}

/** Returns whether a number of rows is so far from what was expected that it is a finding; none at all is another one. */
export function isUnusualCount(judgement: Judgement, sensitivity: number): boolean {
  return isFarCount(judgement, sensitivity) || isBurstCount(judgement)
}

/** Returns whether it is a burst that no habit explains: neither one at this time of the day or the week, nor one at the turn of a month. */
function isBurstCount(judgement: Judgement): boolean {
  const { value, status, burst, baseline, timeMs, dayMs, metric } = judgement
  if (status !== 'ready' || value === 0 || burst?.isBurst !== true) return false
  const { expected } = burst
  if (wasBurstBefore(baseline, { timeMs, value, expected, metric })) return false
  return !isTurn(dayMs) || value > TURN_RATIO * expected
}

function isFarCount(judgement: Judgement, sensitivity: number): boolean {
  const { value, expected, threshold, isWide, status } = judgement
  if (status === 'cold' || value === 0 || expected <= 0 || Math.abs(rowEvidence(judgement)) <= threshold) return false
  const isDrop = value < expected
  const change = MIN_CHANGE / sensitivity
  const ratio = isDrop ? expected / value : value / expected
  const wide = !isDrop && isNewTurn(judgement.baseline, judgement.dayMs) ? TURN_RATIO : WIDE_RATIO
  return ratio > (isWide ? wide : isDrop ? 1 / (1 - Math.min(0.9, change)) : 1 + change)
}

/**
 * Returns the evidence of a number of rows: that of its distance, and for small counts that of their own distribution, because on a logarithmic scale
 * they never lie far out.
 */
function rowEvidence(judgement: Judgement): number {
  const { expected, value, evidence, z, scale } = judgement
  // A value that was similar at a similar time before is not evidence.
  if (expected >= FEW_ROWS || evidence === 0) return evidence
  const variance = Math.max(expected, (scale * (expected + 1)) ** 2)
  const size = zOfLogTail(logCountTail(value, Math.max(expected, 0.1), variance) + Math.log10(2))
  return size > judgement.threshold && wasSoBefore(judgement.baseline, judgement) ? 0 : Math.sign(z) * size
}
