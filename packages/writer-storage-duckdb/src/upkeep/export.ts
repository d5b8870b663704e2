import {
  chmodSync,
  closeSync,
  existsSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  statSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type ColumnDefinition,
  type ExportFormat,
  type ExportRequest,
  type ExportResult,
  WriterConfigurationError,
  WriterTableError,
} from '@forge/writer-core'
import { assertMethodOptions, temporaryPath } from '@forge/writer-core/storage'
import { compileScan, type Relation } from '../engine/compile-scan.ts'
import { fromEngineError } from '../engine/engine-errors.ts'
import { quoteIdentifier, quoteText } from '../engine/identifiers.ts'
import type { Session } from '../engine/session.ts'
import { syncDirectory, syncFile } from '../file/file-sync.ts'

const COMPRESSIONS: Readonly<Record<ExportFormat, readonly string[]>> = {
  parquet: ['zstd', 'snappy', 'gzip', 'lz4', 'uncompressed'],
  csv: ['gzip', 'zstd', 'uncompressed'],
  json: ['gzip', 'zstd', 'uncompressed'],
  ndjson: ['gzip', 'zstd', 'uncompressed'],
}

/**
 * Exports a scan to a new file with mode 0600. The file appears only when it is complete. A Parquet export larger than `maxFileSizeMb` becomes a
 * folder of files.
 */
export async function exportTable(
  session: Session,
  relation: Relation,
  request: ExportRequest,
  maxFileSizeMb: number | undefined,
): Promise<ExportResult> {
  assertMethodOptions('exportTo', request)
  const path = resolve(request.path)
  if (existsSync(path)) throw alreadyThere(path)
  using file = temporaryPath(path)
  const temporary = file.path
  const scan = compileScan(relation, request.query)
  const selected = request.format === 'parquet' ? '*' : scan.columns.map(asText).join(', ')
  try {
    const options = optionsOf(request, maxFileSizeMb)
    createPrivately(temporary, options.includes('file_size_bytes'))
    const copy = `copy (select ${selected} from (${scan.sql})) to ${quoteText(temporary)} (${options})`
    // The order of the query is kept.
    const rows = await session.unordered(() => session.run(copy, scan.params))
    const paths = await publish(temporary, path)
    return { rows, bytes: paths.reduce((sum, file) => sum + statSync(file).size, 0), paths }
  } catch (error) {
    if (['EEXIST', 'ENOTEMPTY'].includes(String((error as NodeJS.ErrnoException).code))) throw alreadyThere(path)
    throw fromEngineError(error, 'export')
  }
}

/** Creates the file or folder that the engine then writes, so that others cannot read it at any time. */
function createPrivately(path: string, isFolder: boolean): void {
  if (isFolder) mkdirSync(path, { mode: 0o700 })
  else closeSync(openSync(path, 'wx', 0o600))
}

/** Moves the export to its path and makes it durable: one file as a file, several files as a folder. */
async function publish(temporary: string, path: string): Promise<string[]> {
  const isFolder = statSync(temporary).isDirectory()
  const files = isFolder
    ? readdirSync(temporary)
        .sort()
        .map((name) => join(temporary, name))
    : [temporary]
  for (const file of files) {
    chmodSync(file, 0o600)
    await syncFile(file)
  }
  const [only] = files
  if (files.length === 1 && only !== undefined) linkSync(only, path)
  else {
    syncDirectory(temporary)
    renameSync(temporary, path)
  }
  syncDirectory(dirname(path))
  return files.length === 1 ? [path] : files.map((file) => join(path, basename(file)))
}

function alreadyThere(path: string): WriterTableError {
  return new WriterTableError(`${path} already exists`, { suggestions: ['Export to a path that does not exist.'] })
}

function optionsOf({ format, compression }: ExportRequest, maxFileSizeMb: number | undefined): string {
  const chosen = compression ?? (format === 'parquet' ? 'zstd' : 'uncompressed')
  if (!COMPRESSIONS[format].includes(chosen)) {
    throw new WriterConfigurationError(`${format} cannot be compressed with ${chosen}`, {
      suggestions: [`Use ${COMPRESSIONS[format].join(', ')}.`],
    })
  }
  const packed = `compression ${chosen === 'lz4' ? 'lz4_raw' : chosen === 'uncompressed' && format !== 'parquet' ? 'none' : chosen}`
  switch (format) {
    case 'parquet':
      return `format parquet, ${packed}${maxFileSizeMb === undefined ? '' : sizeOptions(maxFileSizeMb)}`
    case 'csv':
      // Empty text is quoted and null is \N, so that readers can distinguish them.
      return `format csv, header true, force_quote *, nullstr '\\N', ${packed}`
    case 'json':
      return `format json, array true, ${packed}`
    case 'ndjson':
      return `format json, array false, ${packed}`
  }
}

// The engine checks the size after each row group, so smaller files need smaller groups.
function sizeOptions(maxFileSizeMb: number): string {
  const rows = Math.min(122_880, Math.max(2048, Math.floor(maxFileSizeMb) * 8192))
  return `, file_size_bytes ${Math.floor(maxFileSizeMb * 1024 * 1024)}, row_group_size ${rows}`
}

function asText({ name, type }: ColumnDefinition): string {
  const quoted = quoteIdentifier(name)
  if (type !== 'timestamp') return quoted
  return `strftime(${quoted} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') as ${quoted}`
}
