import type { ColumnDefinition } from '../column/column-definition.ts'
import type { ColumnType } from '../column/column-type.ts'
import type { ScanQuery } from '../query/scan.ts'

/** The number and total size of files. */
export interface FileTotals {
  readonly files: number
  readonly bytes: number
}

/** The options of `optimize`. */
export interface OptimizeOptions {
  /** The columns whose similar values are stored close together (by Z-order or sorting). */
  readonly clusterColumns?: readonly string[] | undefined
  readonly partitionColumns?: readonly string[] | undefined
  readonly compression?: Compression | undefined
  /** Target size of data files in MB. */
  readonly targetFileSizeMb?: number | undefined
}

export type Compression = 'zstd' | 'snappy' | 'gzip' | 'lz4' | 'uncompressed'

/** The result of `optimize`. */
export interface OptimizeResult {
  /** The work that was done, such as `compaction`, `zorder`, `compression`, `partitioning` or `checkpoint`. */
  readonly applied: readonly string[]
  /** The work that the storage cannot do or did not need to do, with the reason. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  readonly before: FileTotals
  readonly after: FileTotals
}

/** The options of `vacuum`. */
export interface VacuumOptions {
  /** Minimum age in hours of versions whose files may be removed. Default: the retention of the storage. */
  readonly retentionHours?: number | undefined
  /**
   * Keeps only the newest version: removes everything that only older versions need, whatever the retention, and removes values of rows from the
   * history. Use it only if no other process reads or writes older versions. Default false.
   */
  readonly everything?: boolean | undefined
  /** Reports what would be removed without removing it. Default false. */
  readonly dryRun?: boolean | undefined
}

/** The result of `vacuum`. */
export interface VacuumResult {
  readonly dryRun: boolean
  readonly filesRemoved: number
  readonly bytesFreed: number
}

/** The result of `analyze`. */
export interface AnalyzeResult {
  readonly rowCount: number
  readonly columnsAnalyzed: readonly string[]
}

/** The result of `validateSchema`. */
export interface SchemaReport {
  readonly valid: boolean
  readonly problems: readonly {
    readonly column: string
    readonly problem: string
    readonly suggestion?: string | undefined
  }[]
}

/** Changes of a schema. */
export interface SchemaChange {
  /** Columns to append to the table; they become nullable. */
  readonly add?: readonly ColumnDefinition[] | undefined
  /** Columns to widen, with their new types. */
  readonly widen?: readonly { readonly column: string; readonly to: ColumnType }[] | undefined
}

export type ExportFormat = 'parquet' | 'csv' | 'json' | 'ndjson'

/** An export of rows to a file. */
export interface ExportRequest {
  /** A path that does not exist yet. */
  readonly path: string
  readonly format: ExportFormat
  /** The rows to export. Default: all rows. */
  readonly query?: ScanQuery | undefined
  readonly compression?: Compression | undefined
}

/** The result of an export. */
export interface ExportResult {
  readonly rows: number
  readonly bytes: number
  readonly paths: readonly string[]
}
