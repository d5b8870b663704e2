import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, linkSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import {
  type ColumnDefinition,
  type ExportFormat,
  type ExportRequest,
  type ExportResult,
  WriterConfigurationError,
  WriterTableError,
} from '@forge/writer-core'
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

/** Writes a scan into a new file, readable by its owner alone; nothing is there until it is whole. */
export async function exportTable(session: Session, relation: Relation, request: ExportRequest): Promise<ExportResult> {
  const path = resolve(request.path)
  if (existsSync(path)) throw alreadyThere(path)
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`)
  const scan = compileScan(relation, request.query)
  const selected = request.format === 'parquet' ? '*' : scan.columns.map(asText).join(', ')
  try {
    const rows = await session.run(
      `copy (select ${selected} from (${scan.sql})) to ${quoteText(temporary)} (${optionsOf(request)})`,
      scan.params,
    )
    chmodSync(temporary, 0o600)
    await syncFile(temporary)
    linkSync(temporary, path)
    syncDirectory(dirname(path))
    return { rows, bytes: statSync(path).size, paths: [path] }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw alreadyThere(path)
    throw fromEngineError(error, 'export')
  } finally {
    rmSync(temporary, { force: true })
  }
}

function alreadyThere(path: string): WriterTableError {
  return new WriterTableError(`${path} is there already`, { suggestions: ['Export to a path that does not exist.'] })
}

function optionsOf({ format, compression }: ExportRequest): string {
  const chosen = compression ?? (format === 'parquet' ? 'zstd' : 'uncompressed')
  if (!COMPRESSIONS[format].includes(chosen)) {
    throw new WriterConfigurationError(`${format} cannot be compressed with ${chosen}`, {
      suggestions: [`Use ${COMPRESSIONS[format].join(', ')}.`],
    })
  }
  const packed = `compression ${chosen === 'lz4' ? 'lz4_raw' : chosen === 'uncompressed' && format !== 'parquet' ? 'none' : chosen}`
  switch (format) {
    case 'parquet':
      return `format parquet, ${packed}`
    case 'csv':
      // Empty text is quoted and null is \N, so that both come back as what they were.
      return `format csv, header true, force_quote *, nullstr '\\N', ${packed}`
    case 'json':
      return `format json, array true, ${packed}`
    case 'ndjson':
      return `format json, array false, ${packed}`
  }
}

function asText({ name, type }: ColumnDefinition): string {
  const quoted = quoteIdentifier(name)
  if (type !== 'timestamp') return quoted
  return `strftime(${quoted} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ') as ${quoted}`
}
