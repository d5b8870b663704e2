import type { ColumnDefinition, LogBatch } from '@forge/writer-core'

export type AnalyticsFormat = 'json' | 'ndjson' | 'csv' | 'parquet' | 'arrow' | 'xlsx'

/** How a file is compressed: as a whole (gzip, brotli), or inside, as its format has it. */
export type AnalyticsCompression = 'gzip' | 'brotli' | 'zstd' | 'snappy' | 'lz4' | 'uncompressed'

export interface EncodeOptions {
  readonly columns: readonly ColumnDefinition[]
  /** Put an apostrophe before text that a spreadsheet would take for a formula. */
  readonly neutralizeFormulas: boolean
  readonly compression: AnalyticsCompression
}

/** One format: rows in, the bytes of the file out. */
export interface Exporter {
  /** The ending of file names, without a dot. */
  readonly ending: string
  /** What {@link EncodeOptions.compression} may be; the first is the default. */
  readonly compressions: readonly AnalyticsCompression[]
  /** True if the file as a whole is compressed, whatever it holds. */
  readonly wrapped: boolean
  encode(batches: AsyncIterable<LogBatch>, options: EncodeOptions): AsyncIterable<Uint8Array>
}
