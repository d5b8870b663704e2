import { anomalyModel, type ModelOptions, stepRunsOfRows } from '@forge/writer-anomaly'
import type { Anomaly, LogRowInput } from '@forge/writer-core'

/** Returns the findings of a new model about rows that come in one call. */
export function findAnomalies(rows: readonly LogRowInput[], options: ModelOptions = {}): Anomaly[] {
  return anomalyModel(options).update(stepRunsOfRows(rows, 0), 0)
}

/** Returns the reported findings. */
export function findReported(rows: readonly LogRowInput[], options: ModelOptions = {}): Anomaly[] {
  return findAnomalies(rows, options).filter(({ suppressedBy }) => suppressedBy === undefined)
}
