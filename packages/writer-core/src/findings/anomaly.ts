export type AnomalySeverity = 'info' | 'warning' | 'error' | 'critical'

export type AnomalyType =
  | 'duration_spike'
  | 'duration_drop'
  | 'row_count_drop'
  | 'row_count_spike'
  | 'zero_rows'
  | 'validation_rate_drop'
  | 'write_ratio'
  | 'failure_rate'
  | 'run_missing'
  | 'run_late'
  | 'step_missing'
  | 'step_new'
  | 'level_shift'
  | 'trend'
  | 'variance_change'
  | 'stuck_value'
  | 'error_cluster'
  | 'correlated_run'

/** One thing out of the ordinary, with the evidence for it. Keys inside are as stored in `<table>_anomalies`. */
export interface Anomaly {
  /** Stable: the same finding has the same id however often it is found. */
  readonly id: string
  readonly type: AnomalyType
  /** A sentence with the value, what was expected, and why. */
  readonly description: string
  readonly severity: AnomalySeverity
  /** 0-1, comparable between detectors. */
  readonly score: number
  readonly value: number | null
  readonly expected: number | null
  readonly lower: number | null
  readonly upper: number | null
  readonly deviation: { readonly absolute: number; readonly relative: number | null; readonly robust_z: number | null }
  /** Such as `duration_secs`, `rows_processed`, `failure_rate`. */
  readonly metric: string
  readonly pipeline: string
  readonly phase: string | null
  readonly step: string | null
  readonly run_id: string | null
  /** ISO 8601, UTC. */
  readonly detected_at: string
  readonly occurred_at: string
  /** Such as `seasonal-mad`, `beta-binomial`, `cusum`. */
  readonly detector: string
  readonly baseline: {
    readonly n: number
    readonly from: string | null
    readonly to: string | null
    readonly seasonality: 'none' | 'hour' | 'dow' | 'hour_of_week' | 'dom'
    readonly status: 'cold' | 'warming' | 'ready'
  }
  readonly evidence?: { readonly history_tail: readonly number[]; readonly contributing?: readonly string[] }
  /** Root cause, cool-down or maintenance window that silences it. */
  readonly suppressed_by?: string
}
