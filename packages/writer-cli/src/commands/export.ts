import { createReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import type { ExportFormat, ExportRequest, ExportResult, LogTable } from '@forge/writer-core'
import { defineCommand } from '../command/command.ts'
import { choice, integer, list, text } from '../command/option.ts'
import { parseOrder } from '../command/order.ts'
import { ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import { UsageError } from '../command/usage-error.ts'
import type { Host } from '../host.ts'
import { bytesText, countText } from '../output/format.ts'
import { copyTable } from '../storage/copy-table.ts'

const FORMATS = ['parquet', 'csv', 'json', 'ndjson'] as const satisfies readonly ExportFormat[]

export const exportCommand = defineCommand({
  description: `Write rows of the log to a file. CSV keeps values as they are: null is an empty cell, empty text is "".`,
  options: {
    ...ROW_FILTERS,
    output: text('File to write, which must not exist yet; - is standard output', { short: 'o', value: 'file' }),
    format: choice(FORMATS, 'Format; default: by the ending of the file', { short: 'f' }),
    columns: list('Columns, in this order; default: all', { short: 'c' }),
    order: list('Columns to order by, such as start_time:desc'),
    limit: integer('Most rows; without --order the newest', { short: 'n', min: 1 }),
  },
  examples: [
    { command: 'export -o logs.parquet', does: 'everything, for other tools' },
    { command: 'export -o failed.csv --failed --since 30d', does: 'what failed, for a spreadsheet' },
    { command: 'export -o - -f ndjson | gzip > logs.ndjson.gz', does: 'into a pipe' },
  ],
  async run({ options, output, host, openSource, signal }) {
    if (options.output === undefined) throw new UsageError('name the file to write: --output FILE')
    const format = options.format ?? formatOf(options.output)
    const where = rowFilter(options, host.now())
    const order = options.order ?? (options.limit ? ['created_at:desc', 'start_time:desc'] : undefined)
    const source = await openSource()
    const table = await source.table()
    const query = {
      signal,
      ...(where && { where }),
      ...(options.columns && { columns: options.columns }),
      ...(order && { orderBy: order.map(parseOrder) }),
      ...(options.limit && { limit: options.limit }),
    }
    if (options.output === '-') {
      await exportToStdout(table, { format, query }, host)
      return
    }
    const result = await exportFile(table, { path: resolve(host.cwd, options.output), format, query })
    await output.result({ format, ...result }, () => [
      `${countText(result.rows)} rows, ${bytesText(result.bytes)}: ${result.paths.join(', ')}`,
    ])
  },
})

function formatOf(file: string): ExportFormat {
  const ending = file.slice(file.lastIndexOf('.') + 1).toLowerCase()
  const found = FORMATS.find((format) => format === (ending === 'jsonl' ? 'ndjson' : ending))
  if (found) return found
  throw new UsageError(`the format cannot be told from "${file}"`, {
    suggestions: [`Add --format ${FORMATS.join('|')}.`],
  })
}

/** A storage that writes no files itself is copied into a scratch DuckDB file, which does. */
async function exportFile(table: LogTable, request: ExportRequest): Promise<ExportResult> {
  if (table.exportTo) return table.exportTo(request)
  return inScratchFolder(async (folder) => {
    const { duckdbStorage } = await import('@forge/writer-storage-duckdb')
    const scratch = duckdbStorage({ path: join(folder, 'scratch.duckdb') })
    try {
      const { columns, version } = await table.info()
      const copy = await scratch.openTable(table.ref, { columns })
      const { signal = new AbortController().signal } = request.query ?? {}
      await copyTable({ from: table, into: copy, version, signal })
      return await copy.exportTo(request)
    } finally {
      await scratch.close()
    }
  })
}

/** Files are written by name: one in a folder of its own is copied to standard output, and removed. */
async function exportToStdout(table: LogTable, request: Omit<ExportRequest, 'path'>, host: Host): Promise<void> {
  await inScratchFolder(async (folder) => {
    const { paths } = await exportFile(table, { ...request, path: join(folder, `rows.${request.format}`) })
    for (const path of paths) {
      for await (const chunk of createReadStream(path) as AsyncIterable<Uint8Array>) {
        if (!host.stdout.write(chunk)) await new Promise<void>((drained) => host.stdout.once('drain', drained))
      }
    }
  })
}

async function inScratchFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'forge-writer-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
