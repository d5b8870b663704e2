import type { ColumnDefinition, LogBatch } from '@forge/writer-core'

export type AnalyticsFormat = 'json' | 'ndjson' | 'csv' | 'parquet' | 'arrow' | 'xlsx'

/** The compression of a file: as a whole (gzip, brotli), or of its parts, as its format defines. */
export type AnalyticsCompression = 'gzip' | 'brotli' | 'zstd' | 'snappy' | 'lz4' | 'uncompressed'

export interface EncodeOptions {
  readonly columns: readonly ColumnDefinition[]
  /** Put an apostrophe before text that a spreadsheet would take for a formula. */
  readonly neutralizeFormulas: boolean
  /** Receives, at the end, the number of cells that a spreadsheet would take for a formula, if there are any. */
  readonly onFormulas?: ((cells: number) => void) | undefined
  readonly compression: AnalyticsCompression
}

/** One format: rows in, the bytes of the file out. */
export interface Exporter {
  /** The ending of file names, without a dot. */
  readonly ending: string
  /** The supported values of {@link EncodeOptions.compression}; the first is the default. */
  readonly compressions: readonly AnalyticsCompression[]
  /** True if the file as a whole is compressed, whatever it holds. */
  readonly wrapped: boolean
  encode(batches: AsyncIterable<LogBatch>, options: EncodeOptions): AsyncIterable<Uint8Array>
}
