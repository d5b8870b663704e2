import type { Anomaly } from '../findings/anomaly.ts'
import type { QualityResult } from '../findings/quality-result.ts'

/** The options of write calls. */
export interface WriteOptions {
  /** The run id of rows that have none. */
  readonly runId?: string | undefined
  /** The id of the write, which makes it idempotent: the same id is stored once. Default: generated per call and kept across its retries. */
  readonly batchId?: string | undefined
  /**
   * Derives the batch id from run id and rows, so that a run that is recorded twice is stored once; needs `runId` or rows with a run id. Default
   * false.
   */
  readonly idempotent?: boolean | undefined
  /** Notes that are stored with the version in the table's history. */
  readonly note?: Readonly<Record<string, string>> | undefined
}

/** The result of a write call. */
export interface WriteResult {
  /** Always true: a write that fails throws. */
  readonly success: true
  /** The number of rows written. */
  readonly rowsWritten: number
  /** Number of rows skipped because their key already existed (write mode `ignore`). */
  readonly rowsSkipped: number
  /** The id of the run. */
  readonly runId: string
  /** The table as `schema.name`. */
  readonly tableFqn: string
  /** The version of the table after the write. */
  readonly version: number
  /** The duration of the call in seconds. */
  readonly durationSecs: number
  /** The id of the batch: the same batch written again is stored once. */
  readonly batchId: string
  /** True if the batch id was already stored: nothing was written. */
  readonly alreadyWritten: boolean
  /** The results per table, if the rows of one call were routed to several tables. */
  readonly tables: readonly { readonly tableFqn: string; readonly rowsWritten: number; readonly version: number }[]
  /** The result of the quality gate; undefined without a gate. */
  readonly quality?: QualityResult | undefined
  /** The detected anomalies; undefined without anomaly detection. */
  readonly anomalies?: readonly Anomaly[] | undefined
}
