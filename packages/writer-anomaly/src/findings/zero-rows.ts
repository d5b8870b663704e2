import { dayFacts, dayOf } from '../baseline/calendar.ts'
import type { Judgement } from '../baseline/judge.ts'
import { type ZeroShare, zeroChance } from '../baseline/zero-share.ts'
import { logCountTail } from '../statistics/distributions.ts'
import { scoreOfLogTail } from '../statistics/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, nameOf } from './wording.ts'

/** log10 of the chance of zeros in a row that are told: of the first where there never was one, and of more where there were. */
const NEW = -1.7
const MORE = -4
/** Expected rows from which none at all is hardly chance. */
const MANY_ROWS = 20

/** No rows where there nearly always are some: by how often and on which days there were none before. */
export const zeroRows: StepFinding = {
  find({ row, figures, judgements: { rows: judgement }, options: { sensitivity }, nowMs }) {
    if (judgement?.value !== 0 || judgement.status === 'cold') return undefined
    const { timeMs } = judgement
    const { zeros } = figures
    // Told once, and again each time the stretch has doubled.
    if (zeros.toldAt > 0 && zeros.row + 1 < 2 * zeros.toldAt) return undefined
    const { isNew } = zeroChance(zeros, timeMs)
    const alone = logZero(zeros, judgement)
    const log10p = zeros.streak + alone
    const isFirst = isNew && judgement.expected >= MANY_ROWS
    if (log10p > MORE / sensitivity && !(isFirst && alone <= NEW / sensitivity)) return undefined
    // A first quiet weekend is not an outage.
    if (judgement.isWide && dayFacts(dayOf(timeMs)).isWeekend) return undefined
    zeros.toldAt = zeros.row + 1
    const severity = judgement.status !== 'ready' ? 'warning' : row.phase === 'gold' ? 'critical' : 'error'
    return makeAnomaly(placeOf(row), {
      type: 'zero_rows',
      metric: 'rows_processed',
      detector: 'zero-share',
      severity,
      description: `${nameOf(row)} processed no rows; ${expectation(judgement, 'rows')}`,
      nowMs,
      value: 0,
      expected: judgement.expected,
      z: judgement.z,
      score: scoreOfLogTail(Math.min(log10p, MORE)),
      ...baselineOf(judgement),
    })
  },
}

/** log10 of the chance of this zero: that of no rows at all, or of a small count that happens to be none. */
export function logZero(zeros: ZeroShare, judgement: Judgement | undefined): number {
  if (!judgement) return 0
  const { expected, scale, timeMs } = judgement
  const variance = Math.max(expected, (scale * (expected + 1)) ** 2)
  const small = expected < 1000 ? logCountTail(0, Math.max(expected, 0.1), variance) : Number.NEGATIVE_INFINITY
  return Math.max(Math.log10(zeroChance(zeros, timeMs).chance), small)
}
