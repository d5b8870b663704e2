import { scoreOfLogTail } from '../probability/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const MIN_STREAK = 5
const MIN_HISTORY = 20
/** The log10 probability below which equal values are not explained by chance. */
const MIN_EVIDENCE = -6

/** Finds a number of rows that stays the same although it used to vary: often the same file is read again. */
export const stuckValue: StepFinding = {
  afterLearning: true,
  find({ row, figures, judgements: { rows: judgement }, nowMs }) {
    const { value, streak, values, repeats } = figures.repeat
    if (!judgement || streak < MIN_STREAK || value <= 1) return undefined
    const before = values - streak
    if (before < MIN_HISTORY) return undefined
    const usual = Math.min(1, (repeats - (streak - 1) + 1) / (before + 2))
    const log10p = (streak - 1) * Math.log10(usual)
    // It is reported once, with the run that makes it more than chance.
    const wasReported = streak > MIN_STREAK && (streak - 2) * Math.log10(usual) <= MIN_EVIDENCE
    if (log10p > MIN_EVIDENCE || wasReported) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'stuck_value',
      metric: 'rows_processed',
      detector: 'stuck-value',
      severity: 'warning',
      description: `${nameOf(row)} processed ${figure(value)} rows ${streak} times in a row, although the number used to vary`,
      nowMs,
      value,
      expected: null,
      z: null,
      score: scoreOfLogTail(log10p),
      ...baselineOf(judgement),
    })
  },
}
