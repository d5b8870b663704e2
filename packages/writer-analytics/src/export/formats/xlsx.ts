import { batchRows, type LogBatch, type Value, WriterUnsupportedError } from '@forge/writer-core'
import type { Exporter } from './exporter.ts'

/** The library holds the whole sheet in memory. */
const MAX_ROWS = 100_000
/** The capacity of a cell of a spreadsheet. */
const MAX_CHARACTERS = 32_767

/**
 * Encodes one sheet with a header row. Times are ISO 8601 text. Integers beyond 2^53 are text, because a spreadsheet would round them. Null and empty
 * text are empty cells.
 */
export const xlsx: Exporter = {
  ending: 'xlsx',
  compressions: ['uncompressed'],
  wrapped: false,
  async *encode(batches, { columns }) {
    const { default: writeXlsxFile } = await import('write-excel-file/node')
    const header = columns.map(({ name }) => ({
      value: cellText(name, name),
      type: String,
      fontWeight: 'bold' as const,
    }))
    const rows = [header, ...(await sheetRows(batches))]
    yield await writeXlsxFile(rows, { sheet: 'log', stickyRowsCount: 1 }).toBuffer()
  },
}

async function sheetRows(batches: AsyncIterable<LogBatch>) {
  const rows: ReturnType<typeof cell>[][] = []
  for await (const batch of batches) {
    if (rows.length + batch.rowCount > MAX_ROWS) {
      throw new WriterUnsupportedError(`a spreadsheet may have ${MAX_ROWS} rows`, {
        context: { mostRows: MAX_ROWS },
        suggestions: ['Set a limit or filters, or export csv or parquet.'],
      })
    }
    for (const row of batchRows(batch)) rows.push(Object.entries(row).map(([name, value]) => cell(name, value)))
  }
  return rows
}

function cell(name: string, value: Value) {
  if (value === null) return null
  switch (typeof value) {
    case 'boolean':
      return { value, type: Boolean }
    case 'number':
      return Number.isFinite(value) ? { value, type: Number } : { value: String(value), type: String }
    case 'bigint':
      return { value: String(value), type: String }
    case 'string':
      return { value: cellText(name, value), type: String }
  }
}

// Characters that XML cannot hold are written as their code points, and text that looks like such a code is escaped, as the format requires.
function cellText(name: string, text: string): string {
  if (text.length > MAX_CHARACTERS) {
    throw new WriterUnsupportedError(
      `column ${name} has text of ${text.length} characters, a cell holds ${MAX_CHARACTERS}`,
      {
        context: { column: name, characters: text.length },
        suggestions: ['Leave the column out, or export csv or parquet.'],
      },
    )
  }
  return text
    .replaceAll(/_(?=x[0-9a-f]{4}_)/gi, '_x005F_')
    .replaceAll(XML_HAS_NOT, (character) => `_x${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}_`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const XML_HAS_NOT = /[\u0000-\u0008\u000b\u000c\u000d\u000e-\u001f\ufffe\uffff]/g
