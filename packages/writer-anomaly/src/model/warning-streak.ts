import type { Anomaly } from '@forge/writer-core'

/** In how many runs in a row the same warning came, and the number of the last of them. Plain JSON. */
export interface WarningStreak {
  readonly run: number
  readonly runs: number
}

/** Warnings in a row that make an error. */
const LEAST_STREAK = 3

/** Where a warning comes for the third run in a row, it is an error; not where little is known of the series. */
export function raised(anomaly: Anomaly, known: WarningStreak | undefined, run: number): Anomaly {
  if (anomaly.severity !== 'warning' || anomaly.baseline.status !== 'ready') return anomaly
  return streakWith(known, run).runs >= LEAST_STREAK ? { ...anomaly, severity: 'error' } : anomaly
}

/** The streak with the run in it. */
export function streakWith(known: WarningStreak | undefined, run: number): WarningStreak {
  if (known?.run === run) return known
  return { run, runs: known?.run === run - 1 ? known.runs + 1 : 1 }
}
