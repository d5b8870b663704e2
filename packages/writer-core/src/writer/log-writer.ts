import type { ColumnDefinition } from '../column/column-definition.ts'
import type { WriterConfigChanges } from '../config/writer-config.ts'
import type { ExecutionContext, ExecutionResult, StepResult } from '../execution/models.ts'
import type { WriterEvent } from '../hooks/writer-event.ts'
import type { LogRow, LogRowInput } from '../log/row.ts'
import type { TableSource } from '../source/table-source.ts'
import type { Capability } from '../storage/capabilities.ts'
import type { KnownLoss } from '../storage/table-info.ts'
import type { LogStream, StreamOptions } from '../stream/stream.ts'
import type { WriterMetrics } from '../write/metrics-counter.ts'
import type { WriteOptions, WriteResult } from '../write/write-call.ts'
import type { MemoryUsage } from './measure-memory.ts'

/** A writer that stores log rows durably; it is also a {@link TableSource} for functions that read. */
export interface LogWriter extends TableSource, AsyncDisposable {
  /** The configured table as `schema.table`. */
  readonly tableFqn: string

  /** Writes a row for each step and one with phase `pipeline` for the run. */
  writeExecutionResult(result: ExecutionResult, options?: WriteOptions): Promise<WriteResult>
  /** Writes a row for each step, without a row for the run. */
  writeStepResults(
    steps: readonly StepResult[],
    context: ExecutionContext,
    options?: WriteOptions,
  ): Promise<WriteResult>
  /** Writes rows. Missing fields get a default or are derived. Throws WriterValidationError if a row is invalid; then no row is stored. */
  writeLogRows(rows: Iterable<LogRowInput>, options?: WriteOptions): Promise<WriteResult>
  /** Writes several runs, in commits of up to `batchSize` rows. Resolves with the failed ones instead of throwing. */
  writeExecutionResultBatch(results: readonly ExecutionResult[], options?: BatchWriteOptions): Promise<BatchWriteResult>
  /** Opens a stream that buffers rows and flushes by count, bytes or time. It keeps the current settings; see {@link LogStream.config}. */
  stream(options?: StreamOptions): LogStream

  /** Returns the newest rows, newest first, and prints them as a table to `print`, by default to standard output. */
  showLogs(options?: ShowOptions): Promise<LogRow[]>
  /** Returns facts about the configured table, or the table named `table`. */
  getTableInfo(options?: { readonly table?: string | undefined }): Promise<LogTableInfo>
  /** Returns what the writer has counted since it was created or since `resetMetrics`. */
  getMetrics(): WriterMetrics
  /** Sets all metrics to zero. */
  resetMetrics(): void
  /** Returns the current memory of the process and the engine, in MB. */
  getMemoryUsage(): Promise<MemoryUsage>
  /**
   * Changes settings for calls and streams that start afterwards; running ones keep their settings to the end. The exceptions are threads and
   * memory, which belong to the shared engine: they apply to its next work. Throws WriterConfigurationError for invalid settings
   * and for those that name the table.
   */
  configure(changes: WriterConfigChanges): void
  /** Adds a listener for one type of events. Returns the function that removes it. */
  on<Type extends WriterEvent['type']>(
    type: Type,
    listener: (event: Extract<WriterEvent, { type: Type }>) => void,
  ): () => void
  /** Flushes streams, waits for background work, and closes the hooks and the storage. */
  close(): Promise<void>
}

/** The options of `writeExecutionResultBatch`. */
export interface BatchWriteOptions extends WriteOptions {
  /** Rows per commit. Default: the setting `batchSize`. */
  readonly batchSize?: number | undefined
}

/** The result of `writeExecutionResultBatch`. */
export interface BatchWriteResult {
  /** The number of executions given. */
  readonly totalExecutions: number
  /** The number of executions that were written. */
  readonly successfulWrites: number
  /** The number of executions that were not written. */
  readonly failedWrites: number
  /** The number of rows written. */
  readonly rowsWritten: number
  /** The duration of the call in seconds. */
  readonly batchDurationSecs: number
  /** The failed inputs, which can be passed again. */
  readonly failedExecutions: readonly ExecutionResult[]
  /** The failed inputs with their errors. */
  readonly failures: readonly { readonly input: ExecutionResult; readonly error: unknown }[]
}

/** The options of `showLogs`. */
export interface ShowOptions {
  /** Maximum number of rows. Default 20. */
  readonly limit?: number | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
  /** The function that prints text. Default: standard output. `false` prints nothing. */
  readonly print?: (((text: string) => void) | false) | undefined
}

/** Facts about a log table. */
export interface LogTableInfo {
  /** True if the table exists. */
  readonly exists: boolean
  /** The table as `schema.name`. */
  readonly tableFqn: string
  /** The number of rows. */
  readonly rowCount: number
  /** The names of the columns, in stored order. */
  readonly columns: readonly string[]
  /** The columns with their types. */
  readonly schema: readonly ColumnDefinition[]
  /** The size of the data in MB. */
  readonly sizeMb: number
  /** The number of data files. */
  readonly files: number
  /** The current version; -1 if the table does not exist. */
  readonly version: number
  /** The path or address of the table. */
  readonly location: string
  /** The names of the optional methods that the table has. */
  readonly capabilities: readonly Capability[]
  /** The known loss of the storage; undefined if nothing was lost. */
  readonly lost?: KnownLoss | undefined
}
