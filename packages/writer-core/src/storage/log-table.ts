import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { AggregateQuery, AggregateRow } from '../query/aggregate.ts'
import type { ScanQuery } from '../query/scan.ts'
import type { CommitOptions, CommitResult, MergeOptions, OverwriteTarget } from './commit.ts'
import type { TableHistory, TableInfo } from './table-info.ts'
import type {
  AnalyzeResult,
  ExportRequest,
  ExportResult,
  OptimizeOptions,
  OptimizeResult,
  SchemaChange,
  SchemaReport,
  VacuumOptions,
  VacuumResult,
} from './upkeep.ts'

/** A reader of a table, or of one of its versions. A table that does not exist yet reads as empty. */
export interface TableReader {
  /** Streams the rows of one snapshot in bounded memory. */
  scan(query?: ScanQuery): AsyncIterable<LogBatch>
  /** Computes grouped figures. Throws WriterSchemaError or WriterConfigurationError for an invalid query. */
  aggregate(query: AggregateQuery): Promise<AggregateRow[]>
  /** Returns facts about the table. */
  info(): Promise<TableInfo>
}

/**
 * A table of a storage. The optional methods are capabilities: check `if (table.merge)`. Every write is all or nothing, and durable when its promise
 * resolves. A batch may lack nullable columns of the table. A column that the table lacks, or a value that does not fit its column, is a
 * WriterSchemaError unless the options allow schema evolution. The first write creates the table.
 */
export interface LogTable extends TableReader {
  readonly ref: TableRef
  /** Appends a batch as one version. */
  append(batch: LogBatch, commit: CommitOptions): Promise<CommitResult>
  /** Returns what was committed with the batch id, or undefined; it resolves writes with an unknown outcome. */
  findBatch(batchId: string): Promise<CommitResult | undefined>
  /** Closes this handle; every later call is a WriterTableError. */
  close(): Promise<void>

  /**
   * Appends batches in one transaction, and requests the next batch while it stores the current one. A batch is valid only until the next one is
   * requested, since both may share memory. Rethrows what `batches` throws; nothing is stored then.
   */
  appendStream?(batches: Iterable<LogBatch>, commit: CommitOptions): Promise<CommitResult>
  /** Replaces all rows, or those that match `where`: `overwrite(batch, commit)`, `overwrite(batch, where, commit)`. */
  overwrite?(batch: LogBatch, ...target: OverwriteTarget): Promise<CommitResult>
  /** Updates or ignores stored rows with the same key, and inserts the other rows. */
  merge?(batch: LogBatch, options: MergeOptions, commit: CommitOptions): Promise<CommitResult>
  /** Deletes the rows that match `where`. */
  delete?(where: Predicate, commit: CommitOptions): Promise<CommitResult>
  /** Returns the newest `limit` versions, newest first. Default: all versions. */
  history?(options?: { readonly limit?: number | undefined }): Promise<TableHistory>
  /** Returns a reader of an earlier version. Throws WriterTableError if the version no longer exists. */
  at?(version: number | Date): Promise<TableReader>
  /** Restores an earlier version as a new version. Throws WriterTableError if it no longer exists. */
  restore?(version: number | Date, commit: CommitOptions): Promise<CommitResult>
  /** Adds and widens columns. Throws WriterSchemaError if a change is not possible. */
  evolve?(change: SchemaChange): Promise<void>
  /** Upgrades an older layout of the log table to the current columns and types. Resolves with the changes. */
  migrate?(): Promise<SchemaChange>
  /** Compacts and clusters the data. Does not change the rows. */
  optimize?(options?: OptimizeOptions): Promise<OptimizeResult>
  /** Removes data that only versions past their retention need. */
  vacuum?(options?: VacuumOptions): Promise<VacuumResult>
  /** Updates the statistics of the table. */
  analyze?(): Promise<AnalyzeResult>
  /** Compares the schema with the columns of the options. */
  validateSchema?(): Promise<SchemaReport>
  /** Exports rows to a new file. */
  exportTo?(request: ExportRequest): Promise<ExportResult>
}

/** The name of a table. */
export interface TableRef {
  readonly schema: string
  readonly name: string
}

/** Options for opening a table, and for creating it if it does not exist yet. */
export interface TableOptions {
  /** The columns of a new table. Default `LOG_COLUMNS`. */
  readonly columns?: readonly ColumnDefinition[] | undefined
  readonly partitionColumns?: readonly string[] | undefined
  readonly clusterColumns?: readonly string[] | undefined
  readonly compression?: 'zstd' | 'snappy' | 'gzip' | 'lz4' | 'uncompressed' | undefined
  readonly maxFileSizeMb?: number | undefined
  /**
   * Compacts small files in the background as they accumulate, if the storage keeps many files. `byDefault`: unless the table's own settings say
   * otherwise. Default: only if the table's own settings say so.
   */
  readonly packSmallFiles?: boolean | 'byDefault' | undefined
  /** Maximum wait of each call for a lock that another process holds, in milliseconds. Default: that of the storage. */
  readonly lockTimeoutMs?: number | undefined
  /** Rows per engine chunk. */
  readonly batchSize?: number | undefined
  /** Adds unknown columns of a batch to the table as nullable columns. Default false. */
  readonly evolveSchema?: boolean | undefined
  /** Widens a column that is too narrow for its values instead of failing. Default false. */
  readonly widenColumns?: boolean | undefined
}
