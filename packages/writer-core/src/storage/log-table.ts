import type { LogBatch } from '../batch/log-batch.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { AggregateQuery, AggregateRow } from '../query/aggregate.ts'
import type { ScanQuery } from '../query/scan.ts'
import type { CommitOptions, CommitResult, MergeOptions } from './commit.ts'
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
  aggregate(query: AggregateQuery): Promise<AggregateRow[]>
  info(): Promise<TableInfo>
}

/**
 * A table of a storage. The optional methods are capabilities: check `if (table.merge)`.
 * Every write is all or nothing, and durable when its promise resolves. A batch may lack nullable columns of the table. A column that the table
 * lacks, or a value that does not fit its column, is a WriterSchemaError unless the options allow schema evolution. The first write creates the table.
 */
export interface LogTable extends TableReader {
  readonly ref: TableRef
  append(batch: LogBatch, commit: CommitOptions): Promise<CommitResult>
  /** Returns what was committed with the batch id, or undefined; it resolves writes with an unknown outcome. */
  findBatch(batchId: string): Promise<CommitResult | undefined>
  close(): Promise<void>

  /**
   * Appends batches in one transaction, and requests the next batch while it stores the current one. A batch is valid only until the next one is requested,
   * since both may share memory. Rethrows what `batches` throws; nothing is stored then.
   */
  appendStream?(batches: Iterable<LogBatch>, commit: CommitOptions): Promise<CommitResult>
  /** Replaces all rows, or those that match `where`. */
  overwrite?(batch: LogBatch, commit: CommitOptions, where?: Predicate): Promise<CommitResult>
  merge?(batch: LogBatch, options: MergeOptions, commit: CommitOptions): Promise<CommitResult>
  delete?(where: Predicate, commit: CommitOptions): Promise<CommitResult>
  history?(options?: { readonly limit?: number }): Promise<TableHistory>
  /** Returns a reader of an earlier version. Throws WriterTableError if the version no longer exists. */
  at?(version: number | Date): Promise<TableReader>
  restore?(version: number | Date, commit: CommitOptions): Promise<CommitResult>
  evolve?(change: SchemaChange): Promise<void>
  /** Upgrades an older layout of the log table to the current columns and types. Resolves with the changes. */
  migrate?(): Promise<SchemaChange>
  optimize?(options?: OptimizeOptions): Promise<OptimizeResult>
  vacuum?(options?: VacuumOptions): Promise<VacuumResult>
  analyze?(): Promise<AnalyzeResult>
  validateSchema?(): Promise<SchemaReport>
  exportTo?(request: ExportRequest): Promise<ExportResult>
}

export interface TableRef {
  readonly schema: string
  readonly name: string
}

/** Options for opening a table, and for creating it if it does not exist yet. */
export interface TableOptions {
  /** The columns of a new table. Default `LOG_COLUMNS`. */
  readonly columns?: readonly ColumnDefinition[]
  readonly partitionColumns?: readonly string[]
  readonly clusterColumns?: readonly string[]
  readonly compression?: 'zstd' | 'snappy' | 'gzip' | 'lz4' | 'uncompressed'
  readonly maxFileSizeMb?: number
  /**
   * Compacts small files in the background as they accumulate, if the storage keeps many files. `byDefault`: unless the table's own settings say otherwise. Default:
   * only if the table's own settings say so.
   */
  readonly packSmallFiles?: boolean | 'byDefault' | undefined
  /** Maximum wait of each call for a lock that another process holds, in milliseconds. Default: that of the storage. */
  readonly lockTimeoutMs?: number
  /** Rows per engine chunk. */
  readonly batchSize?: number
  /** Adds unknown columns of a batch to the table as nullable columns. Default false. */
  readonly evolveSchema?: boolean
  /** Widens a column that is too narrow for its values instead of failing. Default false. */
  readonly widenColumns?: boolean
}
