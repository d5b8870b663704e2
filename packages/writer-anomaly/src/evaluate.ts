import type { TableSource } from '@forge/writer-core'
import { assertOptions, daysProblem, timeProblem } from './check-options.ts'
import { type DetectionResult, resultOf } from './detect.ts'
import { type LoadOptions, loadModel } from './history/load-model.ts'
import { saveAnomalies } from './store/anomaly-store.ts'

export interface EvaluateOptions extends LoadOptions {
  /** Default: the clock's. */
  readonly now?: Date
  /** Keeps findings in `<table>_anomalies`. Default true. */
  readonly store?: boolean
  readonly signal?: AbortSignal
}

/**
 * Finds what did not happen until now: runs that are overdue, steps that a finished run lacks. To be called from time to time, as no row tells of
 * it; the same gap is one finding, which gets graver as it grows. Throws WriterConfigurationError for a wrong option.
 */
export async function evaluate(
  source: TableSource,
  { now = new Date(), store = true, signal, ...options }: EvaluateOptions = {},
): Promise<DetectionResult> {
  assertOptions([timeProblem('now', now), daysProblem('historyDays', options.historyDays)])
  const model = await loadModel(source, options, { before: now, now, ...(signal && { signal }) })
  const anomalies = model.evaluate(now.getTime())
  if (store) await saveAnomalies(source, anomalies)
  return resultOf(anomalies, 0)
}
