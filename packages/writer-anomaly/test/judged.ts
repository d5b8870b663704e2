import { anomalyModel, type ModelOptions, stepRunsOfRows } from '@forge/writer-anomaly'
import type { Anomaly, LogRowInput } from '@forge/writer-core'

/** What a new model finds in rows that come in one call. */
export function judged(rows: readonly LogRowInput[], options: ModelOptions = {}): Anomaly[] {
  return anomalyModel(options).update(stepRunsOfRows(rows, 0), 0)
}

/** Those that are told. */
export function told(rows: readonly LogRowInput[], options: ModelOptions = {}): Anomaly[] {
  return judged(rows, options).filter(({ suppressed_by }) => suppressed_by === undefined)
}
