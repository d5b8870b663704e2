import { dayFacts, dayOf } from '../baseline/calendar.ts'
import { isLikeWeekend } from '../baseline/judge.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { rowEvidence } from './row-count.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, nameOf } from './wording.ts'

const LOOKED_AT = 7
const WITH_ROWS = 5
/** Expected rows from which none at all is never chance. */
const MANY_ROWS = 20
/** Evidence that counts which are often small must give. */
const LEAST_EVIDENCE = 3.89

/** No rows where at least 5 of the last 7 runs had some. */
export const zeroRows: StepFinding = {
  find({ row, figures, judgements: { rows: judgement }, nowMs }) {
    if (judgement?.value !== 0 || judgement.status === 'cold') return undefined
    const before = figures.hadRows.slice(-LOOKED_AT).filter(Boolean).length
    if (before < WITH_ROWS || judgement.evidence === 0) return undefined
    // A first quiet weekend is not an outage.
    if (isLikeWeekend(judgement) || (judgement.isWide && dayFacts(dayOf(judgement.timeMs)).isWeekend)) return undefined
    if (judgement.expected < MANY_ROWS && Math.abs(rowEvidence(judgement)) < LEAST_EVIDENCE) return undefined
    const severity = judgement.status !== 'ready' ? 'warning' : row.phase === 'gold' ? 'critical' : 'error'
    return makeAnomaly(placeOf(row), {
      type: 'zero_rows',
      metric: 'rows_processed',
      detector: 'zero-rows',
      severity,
      description: `${nameOf(row)} processed no rows; ${expectation(judgement, 'rows')}`,
      nowMs,
      value: 0,
      expected: judgement.expected,
      z: judgement.z,
      ...baselineOf(judgement),
    })
  },
}
