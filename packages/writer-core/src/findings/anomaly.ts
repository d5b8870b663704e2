import type { AnomalySeverity } from './severity.ts'

/** The types of anomalies. */
export const ANOMALY_TYPES = [
  'duration_spike',
  'duration_drop',
  'row_count_drop',
  'row_count_spike',
  'zero_rows',
  'validation_rate_drop',
  'write_ratio',
  'failure_rate',
  'run_missing',
  'run_late',
  'step_missing',
  'step_new',
  'level_shift',
  'trend',
  'variance_change',
  'stuck_value',
  'error_cluster',
  'correlated_run',
] as const

export type AnomalyType = (typeof ANOMALY_TYPES)[number]

/** The distance of a value from the expected one. */
export interface AnomalyDeviation {
  /** `value - expected`, in the unit of the metric. */
  readonly absolute: number
  /** The absolute deviation divided by the expected value; null if none was expected. */
  readonly relative: number | null
  /** The deviation in robust standard deviations; null if the detector has none. */
  readonly robustZ: number | null
}

/** An anomaly with the evidence for it. `<table>_anomalies` stores it as a row of the same fields in snake_case. */
export interface Anomaly {
  /** A stable id: the same finding has the same id each time it is detected. */
  readonly id: string
  readonly type: AnomalyType
  /** A sentence with the value, the expected range and the reason. */
  readonly description: string
  readonly severity: AnomalySeverity
  /** The score, 0-1, comparable between detectors: the higher, the more unusual is the value. */
  readonly score: number
  readonly value: number | null
  readonly expected: number | null
  readonly lower: number | null
  readonly upper: number | null
  readonly deviation: AnomalyDeviation
  /** The metric, such as `duration_secs`, `rows_processed` or `failure_rate`. */
  readonly metric: string
  readonly pipeline: string
  readonly phase: string | null
  readonly step: string | null
  readonly runId: string | null
  /** The time of detection, ISO 8601 in UTC. */
  readonly detectedAt: string
  /** The time of what was found, ISO 8601 in UTC. */
  readonly occurredAt: string
  /** The name of the detector, such as `seasonal-mad`, `beta-binomial` or `cusum`. */
  readonly detector: string
  readonly baseline: {
    readonly n: number
    readonly from: string | null
    readonly to: string | null
    readonly seasonality: 'none' | 'hour' | 'dow' | 'hour_of_week' | 'dom'
    readonly status: 'cold' | 'warming' | 'ready'
  }
  readonly evidence?:
    | { readonly historyTail: readonly number[]; readonly contributing?: readonly string[] | undefined }
    | undefined
  /** The reason why the anomaly is suppressed: a root cause, a cool-down or a maintenance window. */
  readonly suppressedBy?: string | undefined
}
