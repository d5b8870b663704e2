import type { Anomaly } from '@forge/writer-core'

/** The number of consecutive runs with the same warning, and the number of the last of them. Plain JSON. */
export interface WarningStreak {
  readonly run: number
  readonly runs: number
}

/** The number of consecutive warnings that make an error. */
const MIN_STREAK = 3

/** Returns a warning as an error if it comes for the third run in a row, unless little is known of the series. */
export function raiseToError(anomaly: Anomaly, known: WarningStreak | undefined, run: number): Anomaly {
  if (anomaly.severity !== 'warning' || anomaly.baseline.status !== 'ready') return anomaly
  return streakWith(known, run).runs >= MIN_STREAK ? { ...anomaly, severity: 'error' } : anomaly
}

/** Returns the streak including the run. */
export function streakWith(known: WarningStreak | undefined, run: number): WarningStreak {
  if (known?.run === run) return known
  return { run, runs: known?.run === run - 1 ? known.runs + 1 : 1 }
}
