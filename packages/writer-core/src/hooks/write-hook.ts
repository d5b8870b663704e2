import type { LogBatch } from '../batch/log-batch.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import type { Anomaly } from '../findings/anomaly.ts'
import type { QualityResult } from '../findings/quality-result.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import type { Logger } from '../logger/logger.ts'
import type { CommitResult } from '../storage/commit.ts'
import type { TableRef } from '../storage/log-table.ts'
import type { TableSource } from '../writer/table-source.ts'
import type { WriterEvent } from '../writer/writer-event.ts'

/** What stands in the write path. Hooks run in the order in which they are passed. */
export interface WriteHook {
  readonly name: string
  /** The settings that this hook makes act; a setting that nothing makes act is refused. */
  readonly provides?: readonly HookSetting[]
  /** Throwing stops the write: nothing is written, and the rows stay with the caller. */
  beforeWrite?(
    batch: LogBatch,
    context: WriteContext,
  ): Promise<BeforeWriteResult | undefined> | BeforeWriteResult | undefined
  /** After the rows are durable. May report, never undoes: an error here becomes a `hookFailed` event. */
  afterWrite?(
    commit: CommitResult,
    batch: LogBatch,
    context: WriteContext,
  ): Promise<HookReport | undefined> | HookReport | undefined
  /** Hears every event of the writer, as its listeners do. An error here is told to the log. */
  onEvent?(event: WriterEvent, source: TableSource): void
  /** Waits for what the hook still does in the background. */
  close?(): Promise<void>
}

/** Settings that belong to packages beside core. */
export type HookSetting =
  | 'logDataQualityResults'
  | 'enableAnomalyDetection'
  | 'minValidationRate'
  | 'maxInvalidRowsPercent'
  | 'alerts'

export interface BeforeWriteResult extends HookReport {
  /** Written in place of the batch that was given. */
  readonly batch?: LogBatch
  /** Rows for other tables, stored with the batch or not at all. */
  readonly divert?: readonly DivertedRows[]
}

export interface DivertedRows {
  /** `quarantine` means `<table>_quarantine`. */
  readonly companion: string
  readonly columns: readonly ColumnDefinition[]
  readonly batch: LogBatch
}

/** What a hook adds to the result of the write. */
export interface HookReport {
  readonly quality?: QualityResult
  readonly anomalies?: readonly Anomaly[]
}

export interface WriteContext extends TableSource {
  readonly config: WriterConfig
  readonly tableRef: TableRef
  readonly batchId: string
  readonly runId: string | undefined
  readonly logger: Logger
  readonly now: () => Date
  emit(event: WriterEvent): void
}
