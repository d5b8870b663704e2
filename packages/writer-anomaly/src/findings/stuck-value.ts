import { scoreOfLogTail } from '../statistics/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const LEAST_STREAK = 5
const LEAST_HISTORY = 20
/** log10 of the chance that so many equal values come by themselves. */
const LEAST_EVIDENCE = -6

/** The same number of rows again and again where it used to vary: often the same file read twice. */
export const stuckValue: StepFinding = {
  afterLearning: true,
  find({ row, figures, judgements: { rows: judgement }, nowMs }) {
    const { value, streak, values, repeats } = figures.repeat
    if (!judgement || streak < LEAST_STREAK || value <= 1) return undefined
    const before = values - streak
    if (before < LEAST_HISTORY) return undefined
    const usual = Math.min(1, (repeats - (streak - 1) + 1) / (before + 2))
    const log10p = (streak - 1) * Math.log10(usual)
    // Told once, by the run with which it becomes more than chance.
    const wasTold = streak > LEAST_STREAK && (streak - 2) * Math.log10(usual) <= LEAST_EVIDENCE
    if (log10p > LEAST_EVIDENCE || wasTold) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'stuck_value',
      metric: 'rows_processed',
      detector: 'stuck-value',
      severity: 'warning',
      description: `${nameOf(row)} processed ${figure(value)} rows ${streak} times in a row, where the number used to vary`,
      nowMs,
      value,
      expected: null,
      z: null,
      score: scoreOfLogTail(log10p),
      ...baselineOf(judgement),
    })
  },
}
