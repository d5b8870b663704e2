import { type AnomalySeverity, type AnomalyType, isAtLeast } from '@forge/writer-core'

/** Every kind of finding. */
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
] as const satisfies readonly AnomalyType[]

/** Returns the more severe of two. */
export function graver(a: AnomalySeverity, b: AnomalySeverity): AnomalySeverity {
  return isAtLeast(a, b) ? a : b
}
