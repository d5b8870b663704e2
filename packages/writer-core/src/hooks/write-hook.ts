import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { WriterConfig } from '../config/writer-config.ts'
import type { Anomaly } from '../findings/anomaly.ts'
import type { QualityResult } from '../findings/quality-result.ts'
import type { Logger } from '../logger/logger.ts'
import type { TableSource } from '../source/table-source.ts'
import type { CommitResult } from '../storage/commit.ts'
import type { TableRef } from '../storage/log-table.ts'
import type { HookSetting } from './hook-settings.ts'
import type { WriterEvent } from './writer-event.ts'

/** A hook in the write path. Hooks run in the order in which they are passed. */
export interface WriteHook {
  readonly name: string
  /** The settings that this hook implements; a setting that no hook implements is rejected. */
  readonly provides?: readonly HookSetting[] | undefined
  /** Runs before rows are stored. Throwing stops the write: nothing is written, and the caller keeps the rows. */
  beforeWrite?(
    batch: LogBatch,
    context: WriteContext,
  ): Promise<BeforeWriteResult | undefined> | BeforeWriteResult | undefined
  /** Runs after the rows are durable. An error here becomes a `hookFailed` event; the write stands. */
  afterWrite?(
    commit: CommitResult,
    batch: LogBatch,
    context: WriteContext,
  ): Promise<HookReport | undefined> | HookReport | undefined
  /** Receives every event of the writer, as its listeners do. An error here is logged. */
  onEvent?(event: WriterEvent, source: TableSource): void
  /** Waits for the background work of the hook. */
  close?(): Promise<void>
}

/** The changes that a hook makes before the write. */
export interface BeforeWriteResult extends HookReport {
  /** The batch to write instead of the original one. */
  readonly batch?: LogBatch | undefined
  /** Rows for other tables; they are stored together with the batch, or not at all. */
  readonly divert?: readonly DivertedRows[] | undefined
}

/** Rows that a hook diverts to a companion table. */
export interface DivertedRows {
  /** The suffix of the companion table: `quarantine` means `<table>_quarantine`. */
  readonly companion: string
  readonly columns: readonly ColumnDefinition[]
  readonly batch: LogBatch
}

/** The fields that a hook adds to the result of the write. */
export interface HookReport {
  readonly quality?: QualityResult | undefined
  readonly anomalies?: readonly Anomaly[] | undefined
}

/** The view that a hook has of a write. */
export interface WriteContext extends TableSource {
  readonly config: WriterConfig
  readonly tableRef: TableRef
  readonly batchId: string
  readonly runId: string | undefined
  readonly logger: Logger
  readonly now: () => Date
  /** Sends an event to the listeners of the writer. */
  emit(event: WriterEvent): void
}
