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

/** What can be asked of a table, now or at one of its versions. A table that does not exist yet reads as empty. */
export interface TableReader {
  /** Streams in bounded memory, of one snapshot. */
  scan(query?: ScanQuery): AsyncIterable<LogBatch>
  aggregate(query: AggregateQuery): Promise<AggregateRow[]>
  info(): Promise<TableInfo>
}

/**
 * One table of a storage. The optional methods are capabilities: ask `if (table.merge)`.
 * Every write is all or nothing, and durable when its promise resolves. A batch may lack nullable columns of the table; a column that the table
 * lacks, or a value that does not fit the column's type, is a WriterSchemaError unless the options allow to evolve. The first write creates the table.
 */
export interface LogTable extends TableReader {
  readonly ref: TableRef
  append(batch: LogBatch, commit: CommitOptions): Promise<CommitResult>
  /** What the batch id stored, or undefined: resolves writes whose outcome is unknown. */
  findBatch(batchId: string): Promise<CommitResult | undefined>
  close(): Promise<void>

  /**
   * Appends batches in one transaction, and asks for the next one while it stores the one before. A batch is valid until the next one is asked for,
   * as both may lie in the same memory. What `batches` throws is thrown on, and nothing is stored.
   */
  appendStream?(batches: Iterable<LogBatch>, commit: CommitOptions): Promise<CommitResult>
  /** Replaces all rows, or those that `where` takes. */
  overwrite?(batch: LogBatch, commit: CommitOptions, where?: Predicate): Promise<CommitResult>
  merge?(batch: LogBatch, options: MergeOptions, commit: CommitOptions): Promise<CommitResult>
  delete?(where: Predicate, commit: CommitOptions): Promise<CommitResult>
  history?(options?: { readonly limit?: number }): Promise<TableHistory>
  /** The table as it was. Throws WriterTableError where that version is gone. */
  at?(version: number | Date): Promise<TableReader>
  restore?(version: number | Date, commit: CommitOptions): Promise<CommitResult>
  evolve?(change: SchemaChange): Promise<void>
  /** Brings an older layout of the log table to today's columns and types. Resolves with what was changed. */
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

/** How a table is opened, and made where it does not exist yet. */
export interface TableOptions {
  /** Columns of a new table. Default `LOG_COLUMNS`. */
  readonly columns?: readonly ColumnDefinition[]
  readonly partitionColumns?: readonly string[]
  readonly clusterColumns?: readonly string[]
  readonly compression?: 'zstd' | 'snappy' | 'gzip' | 'lz4' | 'uncompressed'
  readonly maxFileSizeMb?: number
  /**
   * Packs small files as they gather, in the background, if the storage keeps many. `byDefault`: unless the table itself says otherwise. Default: only
   * if the table says so.
   */
  readonly packSmallFiles?: boolean | 'byDefault' | undefined
  /** How long each call of the table waits for a lock that another holds. Default: the storage's. */
  readonly lockTimeoutMs?: number
  /** Rows per engine chunk. */
  readonly batchSize?: number
  /** Unknown columns of a batch become new nullable columns. Default false. */
  readonly evolveSchema?: boolean
  /** A column too narrow for its values is widened in place of failing. Default false. */
  readonly widenColumns?: boolean
}
