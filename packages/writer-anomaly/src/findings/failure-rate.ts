import type { Anomaly } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import type { StepState } from '../baseline/step-state.ts'
import { logBinomialTail } from '../probability/distributions.ts'
import { scoreOfLogTail } from '../probability/normal-tail.ts'
import { makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

/** The number of recent runs whose failures are compared with those before. */
export const RECENT_OUTCOMES = 20
const MIN_STREAK = 3
const MAX_STREAK = 8
const MAX_STREAKS_PER_MONTH = 0.1
const MIN_FAILURES = 3
const LOG_P = -3

/** Finds a step that fails three runs in a row, or more often in the last 20 runs than before. A run counts by its last attempt. */
export const failureRate: StepFinding = {
  find({ row, state, options: { sensitivity }, nowMs }) {
    if (row.success) return undefined
    const { recent, runs, failures, streak } = state.outcomes
    const inRecent = recent.filter(Boolean).length
    // A step without failures is assumed to fail twice in a hundred runs: the absence of failures does not prove that it never fails.
    const usual = (failures - inRecent + 1) / (runs - recent.length + 50)
    const baseline: Anomaly['baseline'] = {
      n: runs,
      from: null,
      to: null,
      seasonality: 'none',
      status: runs < 5 ? 'cold' : runs < 20 ? 'warming' : 'ready',
    }
    if (isReportedStreak(streak, shortestStreak(usual, runsPerMonth(state)))) {
      return makeAnomaly(placeOf(row), {
        type: 'failure_rate',
        metric: 'failure_rate',
        detector: 'streak',
        severity: 'critical',
        description: `${nameOf(row)} failed ${streak} runs in a row`,
        nowMs,
        value: inRecent / recent.length,
        expected: usual,
        z: null,
        score: scoreOfLogTail(streak * Math.log10(usual)),
        baseline,
      })
    }
    if (streak >= MIN_STREAK || inRecent < MIN_FAILURES || runs < RECENT_OUTCOMES * 2) return undefined
    const log10p = logBinomialTail(inRecent, recent.length, usual)
    // Each run tests the figure again, and frequent tests find rare values: a power of ten compensates for a run a day, more for more runs.
    const perDay = Math.max(1, runsPerMonth(state) / 30)
    if (log10p > (LOG_P - 1 - Math.log10(perDay)) / sensitivity) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'failure_rate',
      metric: 'failure_rate',
      detector: 'binomial',
      severity: log10p < -6 ? 'error' : 'warning',
      description: `${nameOf(row)} failed in ${inRecent} of its last ${recent.length} runs; usually ${figure(100 * usual)} % of its runs fail`,
      nowMs,
      value: inRecent / recent.length,
      expected: usual,
      z: null,
      score: scoreOfLogTail(log10p),
      baseline,
    })
  },
}

/**
 * Returns the length from which a streak is reported: the shortest one that a step which fails at its usual rate shows less than once in ten months.
 * A step that fails often, and runs often, fails three times in a row by chance.
 */
function shortestStreak(usual: number, perMonth: number): number {
  const length = Math.log(MAX_STREAKS_PER_MONTH / perMonth) / Math.log(usual)
  return Math.max(MIN_STREAK, Math.min(MAX_STREAK, Math.ceil(length)))
}

function runsPerMonth({ figures }: StepState): number {
  let perDay = 0
  for (const { duration } of figures.values()) {
    const spanMs = (duration.times.at(-1) ?? 0) - (duration.times[0] ?? 0)
    if (spanMs > DAY_MS) perDay = Math.max(perDay, (duration.times.length * DAY_MS) / spanMs)
  }
  return Math.max(1, 30 * perDay)
}

/** Returns whether the streak is reported: when it is long enough, and each time it has doubled. */
function isReportedStreak(streak: number, shortest: number): boolean {
  return streak >= shortest && Number.isInteger(Math.log2(streak / shortest))
}
