import { basename, resolve } from 'node:path'
import {
  assertLocalPath,
  type ColumnDefinition,
  type Compression,
  type ExportRequest,
  type LogBatch,
  type LogTable,
  type OrderBy,
  type ScanQuery,
  type TableSource,
} from '@forge/writer-core'
import {
  assertNoProblems,
  assertOptions,
  emptyBatch,
  megabytes,
  newestFirst,
  type OptionChecks,
  option,
  selectColumns,
  settledSource,
} from '@forge/writer-core/storage'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { type FileFacts, writeAtomically } from './atomic-file.ts'
import { compressedBytes } from './compressed-bytes.ts'
import { isDevicePath } from './device.ts'
import type { AnalyticsCompression, AnalyticsFormat, Exporter } from './formats/exporter.ts'
import { EXPORTERS } from './formats/registry.ts'
import { filterPredicate, type RowFilters } from './row-filters.ts'
import { type Exported, exportByStorage } from './storage-export.ts'

export interface ExportOptions {
  /** Default `json`. */
  readonly format?: AnalyticsFormat | undefined
  /** Maximum number of rows. If there are more, those that started last are exported. Default: all. */
  readonly limit?: number | undefined
  readonly filters?: RowFilters | undefined
  /** The columns, in this order. Default: all. */
  readonly columns?: readonly string[] | undefined
  /** The order. Default: none if all rows are exported, the newest first with a limit. */
  readonly orderBy?: readonly OrderBy[] | undefined
  /** The path of the file. Default: a file in `./exports` named after table and time. */
  readonly path?: string | undefined
  /** Replaces an existing file. Default false: an existing file is an error. */
  readonly overwrite?: boolean | undefined
  /**
   * The compression: gzip or brotli for a whole json, ndjson or csv file; the codec inside a parquet file (zstd, snappy, gzip or lz4, if the storage
   * supports it). Default: none; for parquet the codec of the storage.
   */
  readonly compression?: AnalyticsCompression | undefined
  /** Puts an apostrophe before text in csv that a spreadsheet would run as a formula. Such text does not read back equal. Default false. */
  readonly neutralizeFormulas?: boolean | undefined
  /** Called at the end of a csv export with the number of cells that a spreadsheet would run as a formula, if there are any. */
  readonly onFormulas?: ((cells: number) => void) | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** Called from time to time with the number of rows exported so far. */
  readonly onProgress?: ((rows: number) => void) | undefined
  /** The clock for the default name of the file. */
  readonly now?: (() => Date) | undefined
}

export interface AnalyticsExportResult {
  readonly exportSuccessful: boolean
  /** The reason why nothing was exported. */
  readonly reason?: string | undefined
  readonly format: AnalyticsFormat
  readonly recordsExported: number
  readonly exportSizeMb: number
  readonly exportSizeBytes: number
  /** The absolute path of the file, or of the folder if there are several files. Empty if nothing was exported. */
  readonly exportPath: string
  /** The SHA-256 of the bytes of all files in order, in hexadecimal. */
  readonly sha256: string
  /** The files: one, or several if a parquet export is larger than `maxFileSizeMb`. */
  readonly files: readonly FileFacts[]
}

/**
 * Writes rows of the log to a new file as a stream. The file exists complete and durable, or not at all.
 * Throws WriterConfigurationError for wrong options, WriterSchemaError for unknown columns, WriterTableError if the file exists or cannot be
 * written, WriterUnsupportedError for what the format cannot hold.
 */
export async function exportAnalyticsData(
  given: TableSource,
  options: ExportOptions = {},
): Promise<AnalyticsExportResult> {
  const exporter = checkedExporter('exportAnalyticsData', options, FILE_CHECKS)
  const source = settledSource(given)
  const { format = 'json', table: name, overwrite = false, signal, onProgress } = options
  if (options.path !== undefined) assertLocalPath(options.path)
  const table = await source.table({ table: name })
  const info = await table.info()
  if (!info.exists) return emptyResult(format)
  const query = scanQuery(options, info.columns)
  const path = resolve(options.path ?? defaultPath(table, exporter, options))
  if (format === 'parquet' && table.exportTo && !(await isDevicePath(path))) {
    const { compression = source.config.compression } = options
    const request: ExportRequest = { path, format, query, compression: compression as Compression }
    const exported = await exportByStorage(table.exportTo, request, overwrite)
    onProgress?.(exported.rows)
    return exportResult(format, exported)
  }
  const encoded = encodedRows(table.scan(query), info.columns, options)
  const file = await writeAtomically(path, encoded.bytes, { overwrite, wrap: encoded.wrap, signal })
  return exportResult(format, { rows: encoded.rows(), path, files: [file], sha256: file.sha256 })
}

/**
 * Yields the bytes of the file that {@link exportAnalyticsData} would write, for a pipe. Parquet is always encoded by the library, never by the
 * storage. Yields nothing if the table does not exist. Throws the same errors as exportAnalyticsData.
 */
export async function* exportBytes(given: TableSource, options: ByteOptions = {}): AsyncGenerator<Uint8Array> {
  checkedExporter('exportBytes', options, BYTE_CHECKS)
  const source = settledSource(given)
  const table = await source.table({ table: options.table })
  const info = await table.info()
  if (!info.exists) return
  const { bytes, wrap } = encodedRows(table.scan(scanQuery(options, info.columns)), info.columns, options)
  yield* wrap === undefined ? bytes : compressedBytes(bytes, wrap)
}

function encodedRows(scanned: AsyncIterable<LogBatch>, stored: readonly ColumnDefinition[], options: ExportOptions) {
  const { format = 'json', neutralizeFormulas = false, onProgress, onFormulas } = options
  const exporter = EXPORTERS[format]
  const columns = selectColumns(emptyBatch(stored), options.columns ?? names(stored)).columns
  const { compression = exporter.compressions[0] ?? 'uncompressed' } = options
  assertCompression(format, exporter.compressions, compression)
  const counted = countedBatches(scanned, onProgress)
  const bytes = exporter.encode(counted.batches, { columns, neutralizeFormulas, onFormulas, compression })
  const wrap = exporter.wrapped && (compression === 'gzip' || compression === 'brotli') ? compression : undefined
  return { bytes, wrap, rows: counted.rows }
}

/** The options of {@link exportBytes}. */
type ByteOptions = Omit<ExportOptions, 'path' | 'overwrite' | 'now'>

const BYTE_CHECKS: OptionChecks<ByteOptions> = {
  ...TABLE_CHECK,
  format: option.oneOf(Object.keys(EXPORTERS)),
  limit: option.whole({ min: 0 }),
  filters: option.any,
  columns: option.list(option.string),
  orderBy: option.list(option.object),
  compression: option.text,
  neutralizeFormulas: option.flag,
  signal: option.signal,
  onProgress: option.action,
  onFormulas: option.action,
}

const FILE_CHECKS: OptionChecks<ExportOptions> = {
  ...BYTE_CHECKS,
  path: option.text,
  overwrite: option.flag,
  now: option.clock,
}

/** Checks the options, and returns the exporter of their format. */
function checkedExporter<Options extends ByteOptions>(
  what: string,
  options: Options,
  checks: OptionChecks<Options>,
): Exporter {
  const { format = 'json', neutralizeFormulas, columns } = options ?? {}
  const twice = Array.isArray(columns) ? columns.filter((name, at) => columns.indexOf(name) !== at) : []
  assertOptions(what, options, checks, [
    columns?.length === 0 && { setting: 'columns', problem: 'must not be empty' },
    twice.length > 0 && { setting: 'columns', problem: `has names twice: ${[...new Set(twice)].join(', ')}` },
    neutralizeFormulas === true &&
      format !== 'csv' && { setting: 'neutralizeFormulas', problem: 'applies only to csv' },
  ])
  return EXPORTERS[format]
}

function assertCompression(
  format: AnalyticsFormat,
  known: readonly AnalyticsCompression[],
  compression: AnalyticsCompression,
): void {
  const problem = `cannot be ${compression} for ${format} here`
  assertNoProblems(
    'exportAnalyticsData',
    [!known.includes(compression) && { setting: 'compression', problem }],
    [`Use ${known.join(' or ')}.`],
  )
}

function scanQuery(options: ExportOptions, table: readonly ColumnDefinition[]): ScanQuery {
  const { columns = names(table), filters, limit, orderBy, signal } = options
  const where = filterPredicate(filters, table)
  const order = orderBy ?? (limit === undefined ? undefined : newestFirst(table))
  return {
    columns,
    where,
    orderBy: order,
    limit,
    signal,
  }
}

function names(columns: readonly ColumnDefinition[]): string[] {
  return columns.map(({ name }) => name)
}

function defaultPath(
  table: LogTable,
  { ending, wrapped }: Exporter,
  { compression, now = () => new Date() }: ExportOptions,
) {
  const time = now().toISOString().replaceAll(/[-:.]/g, '')
  const packed = wrapped && compression === 'gzip' ? '.gz' : wrapped && compression === 'brotli' ? '.br' : ''
  return `exports/${basename(table.ref.name)}_${time}.${ending}${packed}`
}

function countedBatches(batches: AsyncIterable<LogBatch>, onProgress: ((rows: number) => void) | undefined) {
  let rows = 0
  async function* countRows(): AsyncGenerator<LogBatch> {
    for await (const batch of batches) {
      rows += batch.rowCount
      yield batch
      onProgress?.(rows)
    }
  }
  return { batches: countRows(), rows: () => rows }
}

function emptyResult(format: AnalyticsFormat): AnalyticsExportResult {
  const reason = 'the table does not exist'
  const none = { recordsExported: 0, exportSizeMb: 0, exportSizeBytes: 0, exportPath: '', sha256: '', files: [] }
  return { exportSuccessful: false, reason, format, ...none }
}

function exportResult(format: AnalyticsFormat, { rows, path, files, sha256 }: Exported): AnalyticsExportResult {
  const exportSizeBytes = files.reduce((sum, { bytes }) => sum + bytes, 0)
  return {
    exportSuccessful: true,
    format,
    recordsExported: rows,
    exportSizeMb: megabytes(exportSizeBytes),
    exportSizeBytes,
    exportPath: path,
    sha256,
    files,
  }
}
