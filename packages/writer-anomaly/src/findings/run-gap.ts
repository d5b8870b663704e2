import type { Anomaly, AnomalySeverity } from '@forge/writer-core'
import { HOUR_MS } from '@forge/writer-core/storage'
import { statusOf } from '../baseline/judge.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import type { DueRun } from '../schedule/schedule.ts'
import { makeAnomaly } from './make-anomaly.ts'
import { figure } from './wording.ts'

/** The overdue time, as a share of the interval, from which a run counts as missing rather than late. */
const MISSING_FROM = 0.9
const CRITICAL_FROM = 4

/**
 * Returns the finding of a run that is missing or late: one finding for each gap, more severe as the gap grows. `untilMs` is now, or the start of the
 * next run; `isOpen` is true if no run has come.
 */
export function runGap(
  pipeline: string,
  due: DueRun,
  { untilMs, nowMs, isOpen }: { readonly untilMs: number; readonly nowMs: number; readonly isOpen: boolean },
): Anomaly | undefined {
  if (untilMs <= due.deadlineMs) return undefined
  const overdue = (untilMs - due.expectedMs) / due.intervalMs
  const isMissing = overdue >= MISSING_FROM
  const severity: AnomalySeverity = overdue >= CRITICAL_FROM ? 'critical' : isMissing ? 'error' : 'warning'
  const gapSecs = (untilMs - due.lastMs) / 1000
  const z = Math.min(40, 4 * (1 + Math.log2(Math.max(1, overdue * 2))))
  return makeAnomaly(
    {
      pipeline,
      phase: null,
      step: null,
      runId: null,
      timeMs: due.expectedMs,
      key: new Date(due.lastMs).toISOString(),
    },
    {
      type: isMissing ? 'run_missing' : 'run_late',
      metric: 'interval_secs',
      detector: due.isWeekly ? 'weekly-schedule' : 'gap-quantile',
      severity,
      description: `${pipeline} was due at ${minute(due.expectedMs)} and ${isMissing ? 'did not run' : isOpen ? 'has not started' : 'ran late'}: the last start was at ${minute(due.lastMs)}, ${isOpen ? 'more than ' : ''}${figure(gapSecs / 3600)} h earlier; starts are usually ${figure((due.expectedMs - due.lastMs) / HOUR_MS)} h apart`,
      nowMs,
      value: gapSecs,
      expected: (due.expectedMs - due.lastMs) / 1000,
      upper: (due.deadlineMs - due.lastMs) / 1000,
      z: null,
      score: scoreOfZ(z),
      baseline: {
        n: due.runs,
        from: null,
        to: new Date(due.lastMs).toISOString(),
        seasonality: due.isWeekly ? 'hour_of_week' : 'none',
        status: statusOf(due.runs),
      },
    },
  )
}

function minute(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 16).replace('T', ' ')}Z`
}
