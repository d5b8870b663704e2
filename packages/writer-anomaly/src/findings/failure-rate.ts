import type { Anomaly } from '@forge/writer-core'
import { logBinomialTail } from '../statistics/distributions.ts'
import { scoreOfLogTail } from '../statistics/normal-tail.ts'
import { makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

/** Runs whose failures are compared with those before. */
export const RECENT_OUTCOMES = 20
const LEAST_STREAK = 3
const LEAST_FAILURES = 3
const LOG_P = -3

/** A step that fails three runs in a row, or more often in the last 20 than before. A run counts by its last attempt. */
export const failureRate: StepFinding = {
  find({ row, state: { outcomes }, options: { sensitivity }, nowMs }) {
    if (row.success) return undefined
    const { recent, runs, failures, streak } = outcomes
    const inRecent = recent.filter(Boolean).length
    // Two failures in a hundred are assumed of a step that has shown none, as an absence of failures is no proof.
    const usual = (failures - inRecent + 1) / (runs - recent.length + 50)
    const baseline: Anomaly['baseline'] = {
      n: runs,
      from: null,
      to: null,
      seasonality: 'none',
      status: runs < 5 ? 'cold' : runs < 20 ? 'warming' : 'ready',
    }
    if (isToldStreak(streak)) {
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
    if (streak >= LEAST_STREAK || inRecent < LEAST_FAILURES || runs < RECENT_OUTCOMES * 2) return undefined
    const log10p = logBinomialTail(inRecent, recent.length, usual)
    // Each run is a look at the figure, and a rare thing is found by looking often: one more decade pays for that.
    if (log10p > (LOG_P - 1) / sensitivity) return undefined
    return makeAnomaly(placeOf(row), {
      type: 'failure_rate',
      metric: 'failure_rate',
      detector: 'binomial',
      severity: log10p < -6 ? 'error' : 'warning',
      description: `${nameOf(row)} failed in ${inRecent} of its last ${recent.length} runs; usual ${figure(100 * usual)} %`,
      nowMs,
      value: inRecent / recent.length,
      expected: usual,
      z: null,
      score: scoreOfLogTail(log10p),
      baseline,
    })
  },
}

/** At three runs, and each time the streak has doubled. */
function isToldStreak(streak: number): boolean {
  return streak >= LEAST_STREAK && Number.isInteger(Math.log2(streak / LEAST_STREAK))
}
