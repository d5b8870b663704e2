import type { ColumnDefinition } from '../log/column-definition.ts'
import type { ColumnType } from '../log/column-type.ts'
import type { ScanQuery } from '../query/scan.ts'

export interface FileTotals {
  readonly files: number
  readonly bytes: number
}

export interface OptimizeOptions {
  /** Columns by which rows are laid next to each other (Z-order or sort). */
  readonly clusterColumns?: readonly string[]
  readonly partitionColumns?: readonly string[]
  readonly compression?: Compression
  readonly targetFileSizeMb?: number
}

export type Compression = 'zstd' | 'snappy' | 'gzip' | 'lz4' | 'uncompressed'

export interface OptimizeResult {
  /** Such as `compaction`, `zorder`, `compression`, `partitioning`, `checkpoint`. */
  readonly applied: readonly string[]
  /** What this storage cannot do, or had no need to, with the reason. */
  readonly skipped: readonly { readonly name: string; readonly reason: string }[]
  readonly before: FileTotals
  readonly after: FileTotals
}

export interface VacuumOptions {
  /** Files that a version younger than this needs are kept. Default: the storage's own retention. */
  readonly retentionHours?: number
  /**
   * Keep only the newest version: what older ones alone need goes, whatever the retention, and history tells no values of rows. Only where no other
   * process reads or writes older versions. Default false.
   */
  readonly everything?: boolean
  readonly dryRun?: boolean
}

export interface VacuumResult {
  readonly dryRun: boolean
  readonly filesRemoved: number
  readonly bytesFreed: number
}

export interface AnalyzeResult {
  readonly rowCount: number
  readonly columnsAnalyzed: readonly string[]
}

export interface SchemaReport {
  readonly valid: boolean
  readonly problems: readonly { readonly column: string; readonly problem: string; readonly suggestion?: string }[]
}

export interface SchemaChange {
  /** Become nullable columns at the end. */
  readonly add?: readonly ColumnDefinition[]
  readonly widen?: readonly { readonly column: string; readonly to: ColumnType }[]
}

export type ExportFormat = 'parquet' | 'csv' | 'json' | 'ndjson'

export interface ExportRequest {
  /** A path that does not exist yet. */
  readonly path: string
  readonly format: ExportFormat
  readonly query?: ScanQuery
  readonly compression?: Compression
}

export interface ExportResult {
  readonly rows: number
  readonly bytes: number
  readonly paths: readonly string[]
}
