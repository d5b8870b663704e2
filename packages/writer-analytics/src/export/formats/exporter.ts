import type { ColumnDefinition, LogBatch } from '@forge/writer-core'

export type AnalyticsFormat = 'json' | 'ndjson' | 'csv' | 'parquet' | 'arrow' | 'xlsx'

/** The compression of a file: as a whole (gzip, brotli), or of its parts, as its format defines. */
export type AnalyticsCompression = 'gzip' | 'brotli' | 'zstd' | 'snappy' | 'lz4' | 'uncompressed'

export interface EncodeOptions {
  readonly columns: readonly ColumnDefinition[]
  /** Puts an apostrophe before text that a spreadsheet would run as a formula. */
  readonly neutralizeFormulas: boolean
  /** Called at the end with the number of cells that a spreadsheet would run as a formula, if there are any. */
  readonly onFormulas?: ((cells: number) => void) | undefined
  readonly compression: AnalyticsCompression
}

/** One format: it encodes rows to the bytes of a file. */
export interface Exporter {
  /** The extension of file names, without a dot. */
  readonly ending: string
  /** The supported values of {@link EncodeOptions.compression}; the first is the default. */
  readonly compressions: readonly AnalyticsCompression[]
  /** True if the compression applies to the whole file. */
  readonly wrapped: boolean
  encode(batches: AsyncIterable<LogBatch>, options: EncodeOptions): AsyncIterable<Uint8Array>
}
