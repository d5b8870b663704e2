import { DAY_MS } from '@forge/writer-core/storage'
import { dayFacts, dayOf } from '../baseline/calendar.ts'
import type { Judgement } from '../baseline/judge.ts'
import { comesSoonAgain } from '../baseline/soon-again.ts'
import { continuesStretch, type ZeroShare, zeroChance } from '../baseline/zero-share.ts'
import { logCountTail } from '../probability/distributions.ts'
import { scoreOfLogTail } from '../probability/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { expectation, nameOf } from './wording.ts'

/** The log10 probability from which zeros in a row are reported: if the step never had one before, and if it had. */
const FIRST_LOG_P = -1.7
const LOG_P = -4
/** The expected number of rows from which none at all is hardly chance. */
const MANY_ROWS = 20

/** Finds a step without rows at a time at which it nearly always has some: by how often, and on which days, it had none before. */
export const zeroRows: StepFinding = {
  find({ row, figures: { zeros }, judgements: { rows: judgement }, options: { sensitivity }, nowMs }) {
    if (!judgement || !isUnusualZero(judgement, zeros, sensitivity)) return undefined
    const log10p = zeros.streak + logZero(zeros, judgement)
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
      score: scoreOfLogTail(Math.min(log10p, LOG_P)),
      ...baselineOf(judgement),
    })
  },
  learn({ figures: { zeros } }, anomaly) {
    if (anomaly) zeros.reportedAt = zeros.row + 1
  },
}

/** Returns whether it is a finding that there are no rows. */
export function isUnusualZero(judgement: Judgement, zeros: ZeroShare, sensitivity: number): boolean {
  const { timeMs, dayMs, value, status, expected } = judgement
  if (value !== 0 || status === 'cold') return false
  // It is reported once, and again each time the streak has doubled.
  if (zeros.reportedAt > 0 && zeros.row + 1 < 2 * zeros.reportedAt) return false
  if (continuesStretch(zeros)) return false
  const alone = logZero(zeros, judgement)
  const isRare = zeros.streak + alone <= LOG_P / sensitivity
  const isFirst = () => zeroChance(zeros, { timeMs, dayMs }).isNew && !comesSoonAgain(judgement.baseline)
  if (!isRare && !(expected >= MANY_ROWS && alone <= FIRST_LOG_P / sensitivity && isFirst())) return false
  // A first weekend without rows is not an outage.
  return !(isYoung(judgement) && isNearWeekend(dayMs))
}

/** The time within which it is not known yet when the days of a pipeline begin, and the maximum distance of their beginning from midnight. */
const YOUNG_MS = 21 * DAY_MS
const FROM_MIDNIGHT_MS = 0.5 * DAY_MS

function isYoung({ baseline, timeMs, isWide }: Judgement): boolean {
  return isWide || timeMs - baseline.firstMs < YOUNG_MS
}

/** Returns whether the instant may be at a weekend by the clocks of the people of a pipeline, whatever they are. */
function isNearWeekend(timeMs: number): boolean {
  return [-FROM_MIDNIGHT_MS, 0, FROM_MIDNIGHT_MS].some((byMs) => dayFacts(dayOf(timeMs + byMs)).isWeekend)
}

/** Returns the log10 probability of this zero: that of no rows at all, or that of a small count that happens to be zero. */
export function logZero(zeros: ZeroShare, judgement: Judgement | undefined): number {
  if (!judgement) return 0
  const { expected, scale, timeMs, dayMs } = judgement
  const variance = Math.max(expected, (scale * (expected + 1)) ** 2)
  const small = expected < 1000 ? logCountTail(0, Math.max(expected, 0.1), variance) : Number.NEGATIVE_INFINITY
  return Math.max(Math.log10(zeroChance(zeros, { timeMs, dayMs }).chance), small)
}
