import type { TableSource } from '@forge/writer-core'
import { option } from '@forge/writer-core/storage'
import { type LoadOptions, loadModel } from '../history/load-model.ts'
import { assertDetectionOptions, DAYS } from '../options/check-options.ts'
import { saveAnomalies } from '../store/anomaly-store.ts'
import { type DetectionResult, resultOf } from './detect.ts'

export interface EvaluateOptions extends LoadOptions {
  /** The clock. Default: the system clock. */
  readonly now?: (() => Date) | undefined
  /** Stores anomalies in `<table>_anomalies`. Default true. */
  readonly store?: boolean | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds what is missing by now: overdue runs, and steps that a finished run lacks. Call it from time to time, because no row reports them. The same
 * gap is one anomaly, whose severity rises as the gap grows. Throws WriterConfigurationError for an invalid option.
 */
export async function evaluateDetection(source: TableSource, given: EvaluateOptions = {}): Promise<DetectionResult> {
  assertDetectionOptions('evaluateDetection', given, {
    historyDays: DAYS,
    now: option.clock,
    store: option.flag,
    signal: option.signal,
  })
  const { now = () => new Date(), store = true, signal, ...options } = given
  const at = now()
  const model = await loadModel(source, options, { before: at, now: at, signal })
  const anomalies = model.evaluate(at.getTime())
  if (store) await saveAnomalies(source, anomalies)
  return resultOf(anomalies, 0)
}
