import type { WriterConfig } from '../config/writer-config.ts'
import type { ExecutionContext, ExecutionResult, StepResult } from '../execution/models.ts'
import type { Anomaly } from '../findings/anomaly.ts'
import type { QualityResult } from '../findings/quality-result.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import type { LogRow, LogRowInput } from '../log/row.ts'
import type { KnownLoss } from '../storage/storage-backend.ts'
import type { MemoryUsage } from './memory-usage.ts'
import type { WriterMetrics } from './metrics.ts'
import type { LogStream, StreamOptions } from './stream.ts'
import type { TableSource } from './table-source.ts'
import type { WriterEvent } from './writer-event.ts'

/** Writes log rows durably; a {@link TableSource} for everything that reads. */
export interface LogWriter extends TableSource, AsyncDisposable {
  /** `schema.table` of the configured table. */
  readonly tableFqn: string

  /** One row for each step and one of phase `pipeline` for the run. */
  writeExecutionResult(result: ExecutionResult, options?: WriteOptions): Promise<WriteResult>
  writeStepResults(
    steps: readonly StepResult[],
    context: ExecutionContext,
    options?: WriteOptions,
  ): Promise<WriteResult>
  writeLogRows(rows: Iterable<LogRowInput>, options?: WriteOptions): Promise<WriteResult>
  writeExecutionResultBatch(results: readonly ExecutionResult[], options?: BatchWriteOptions): Promise<BatchWriteResult>
  /** Buffers rows and writes them by count, bytes or time, by the settings of now; see {@link LogStream.config}. */
  stream(options?: StreamOptions): LogStream

  /** Newest rows first. Prints them as a table to `print`, by default standard output, and returns them. */
  showLogs(options?: ShowOptions): Promise<LogRow[]>
  getTableInfo(options?: { readonly table?: string }): Promise<LogTableInfo>
  getMetrics(): WriterMetrics
  resetMetrics(): void
  getMemoryUsage(): Promise<MemoryUsage>
  /**
   * Changes settings for the calls that start and the streams that are opened afterwards: each works by the settings of its start, whole. Threads and
   * memory belong to the engine, which calls share, and act on its next piece of work. Throws WriterConfigurationError for settings that are wrong,
   * and for those that name the table.
   */
  configure(changes: Partial<WriterConfig>): void
  on<Type extends WriterEvent['type']>(
    type: Type,
    listener: (event: Extract<WriterEvent, { type: Type }>) => void,
  ): () => void
  /** Flushes streams, waits for background work, closes hooks and the storage. */
  close(): Promise<void>
}

export interface WriteOptions {
  /** Fills rows that have none. */
  readonly runId?: string
  /** Makes the write idempotent: the same id writes once. Default: made once per call and kept over its retries. */
  readonly batchId?: string
  /** Derives the batch id from run id and rows, so that the same run recorded twice is stored once; needs `runId` or rows with one. Default false. */
  readonly idempotent?: boolean
  /** Kept with the version in the table's history. */
  readonly note?: Readonly<Record<string, string>>
}

export interface BatchWriteOptions extends WriteOptions {
  /** Rows per commit. Default: the setting. */
  readonly batchSize?: number
}

export interface WriteResult {
  readonly success: true
  readonly rowsWritten: number
  readonly rowsSkipped: number
  readonly runId: string
  readonly tableFqn: string
  /** Of the table, after the write. */
  readonly version: number
  readonly durationSecs: number
  readonly batchId: string
  readonly alreadyWritten: boolean
  /** By table, where rows of one call were routed to several. */
  readonly tables: readonly { readonly tableFqn: string; readonly rowsWritten: number; readonly version: number }[]
  readonly quality?: QualityResult
  readonly anomalies?: readonly Anomaly[]
}

export interface BatchWriteResult {
  readonly totalExecutions: number
  readonly successfulWrites: number
  readonly failedWrites: number
  readonly rowsWritten: number
  readonly batchDurationSecs: number
  /** The inputs themselves, ready to be passed again. */
  readonly failedExecutions: readonly ExecutionResult[]
  readonly failures: readonly { readonly input: ExecutionResult; readonly error: unknown }[]
}

export interface ShowOptions {
  /** Default 20. */
  readonly limit?: number
  readonly table?: string
  /** Default: standard output. `false` prints nothing. */
  readonly print?: ((text: string) => void) | false
}

export interface LogTableInfo {
  readonly exists: boolean
  readonly tableFqn: string
  readonly rowCount: number
  /** Names, in stored order. */
  readonly columns: readonly string[]
  readonly schema: readonly ColumnDefinition[]
  readonly sizeMb: number
  readonly files: number
  readonly version: number
  readonly location: string
  /** Of the storage: the optional methods that the table has. */
  readonly capabilities: readonly string[]
  /** What the storage is known to have lost; undefined if nothing. */
  readonly lost?: KnownLoss | undefined
}
