import { resolve } from 'node:path'
import type { AnalyticsCompression, AnalyticsFormat, ExportOptions } from '@forge/writer-analytics'
import { assertLocalPath, type TableSource } from '@forge/writer-core'
import { bytesText, countOf } from '@forge/writer-core/text'
import { defineCommand } from '../command/command.ts'
import { assertKnownNames } from '../command/known-names.ts'
import { choice, flag, integer, list, text } from '../command/option.ts'
import { parseOrder } from '../command/order.ts'
import { conditionFor, ROW_FILTERS, rowFilter } from '../command/row-filters.ts'
import { UsageError } from '../command/usage-error.ts'
import type { Host } from '../host.ts'
import { isStandardOutput } from '../output/output-file.ts'
import { showProgress } from '../output/slow-work.ts'

const FORMATS = ['parquet', 'csv', 'json', 'ndjson', 'arrow', 'xlsx'] as const satisfies readonly AnalyticsFormat[]
const COMPRESSIONS = [
  'gzip',
  'brotli',
  'zstd',
  'snappy',
  'lz4',
  'uncompressed',
] as const satisfies readonly AnalyticsCompression[]

export const exportCommand = defineCommand({
  description: `Export rows of the log to a file. In CSV, null is an empty cell and empty text is "".

CSV reads back exactly. A spreadsheet runs text that starts with =, +, - or @ as a formula: if there is such text, a warning says so, and \
--neutralize-formulas puts an apostrophe before it.`,
  options: {
    ...ROW_FILTERS,
    output: text('File to write; - is standard output', { short: 'o', value: 'file' }),
    format: choice(FORMATS, 'Format; default: from the file extension', { short: 'f' }),
    columns: list('Columns to export, in this order; default: all', { short: 'c' }),
    order: list('Columns to sort by, such as start_time:desc'),
    limit: integer('Maximum number of rows (newest first unless --order is given)', { short: 'n', min: 1 }),
    compression: choice(
      COMPRESSIONS,
      'Compression of the file, or of the pages in Parquet; default: from the extension .gz or .br',
    ),
    overwrite: flag('Replace the file if it exists'),
    neutralizeFormulas: flag('CSV: put an apostrophe before text that a spreadsheet would run as a formula'),
  },
  examples: [
    { command: 'export -o logs.parquet', does: 'all rows, for other tools' },
    { command: 'export -o failed.xlsx --failed --since 30d', does: 'failed steps, for a spreadsheet' },
    { command: 'export -o logs.ndjson.gz', does: 'all rows, compressed' },
    { command: 'export -o - -f arrow | python analyse.py', does: 'pipe rows to another program' },
  ],
  async run({ options, output, host, openSource, signal }) {
    const file = options.output
    if (file === undefined) throw new UsageError('pass the file to write: --output FILE')
    if (!isStandardOutput(file)) assertLocalPath(file, '--output')
    const filter = rowFilter(options, host.now())
    const { format, compression } = formatOf(file, options)
    const source = await openSource()
    await assertKnownNames(source, options)
    const where = await conditionFor(source, filter, options)
    const result = await showProgress(output, 'exporting', async (say) => {
      const request: ExportOptions = {
        format,
        signal,
        neutralizeFormulas: options.neutralizeFormulas,
        onProgress: (rows) => say(countOf(rows, 'row', 'rows')),
        onFormulas: (cells) => output.warn(formulaWarning(cells)),
        compression,
        filters: where,
        columns: options.columns,
        orderBy: options.order?.map(parseOrder),
        limit: options.limit,
      }
      const { exportAnalyticsData } = await import('@forge/writer-analytics')
      if (isStandardOutput(file)) return exportToStdout(source, request, host)
      const { overwrite } = options
      return exportAnalyticsData(source, { ...request, overwrite, path: resolve(host.cwd, file) })
    })
    if (result === undefined) return
    await output.result(result, () => [
      `${countOf(result.recordsExported, 'row', 'rows')}, ${bytesText(result.exportSizeBytes)}: ${result.exportPath}`,
    ])
  },
})

function formulaWarning(cells: number): string {
  const found = countOf(cells, 'cell starts', 'cells start')
  return `${found} with =, +, - or @, which a spreadsheet runs as a formula; add --neutralize-formulas if a spreadsheet opens the file`
}

interface Chosen {
  readonly format: AnalyticsFormat | undefined
  readonly compression: AnalyticsCompression | undefined
}

/** Returns format and compression from the options, else from the extension of the file. Throws UsageError. */
function formatOf(file: string, chosen: Chosen): Chosen & { readonly format: AnalyticsFormat } {
  const packed = /\.(gz|br)$/i.exec(file)
  const compression =
    chosen.compression ?? (packed ? (packed[1]?.toLowerCase() === 'gz' ? 'gzip' : 'brotli') : undefined)
  const plain = packed ? file.slice(0, packed.index) : file
  const ending = plain.slice(plain.lastIndexOf('.') + 1).toLowerCase()
  const format = chosen.format ?? FORMATS.find((each) => each === (ending === 'jsonl' ? 'ndjson' : ending))
  if (format) return { format, compression }
  throw new UsageError(`cannot determine the format from the name "${file}"`, {
    suggestions: [`Add --format ${FORMATS.join('|')}.`],
  })
}

/** Exports to standard output without a temporary file. If the reader goes away (`| head`), the process ends immediately. */
async function exportToStdout(source: TableSource, request: ExportOptions, host: Host): Promise<undefined> {
  const { exportBytes } = await import('@forge/writer-analytics')
  for await (const chunk of exportBytes(source, request)) {
    if (!host.stdout.write(chunk)) await new Promise<void>((drained) => host.stdout.once('drain', drained))
  }
}
