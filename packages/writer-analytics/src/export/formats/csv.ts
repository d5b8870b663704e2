import type { LogBatch } from '@forge/writer-core'
import { byteChunks } from './byte-chunks.ts'
import { cellTexts } from './cell-texts.ts'
import type { EncodeOptions, Exporter } from './exporter.ts'

/** RFC 4180 in UTF-8, with a header line. Null is an empty cell, empty text is `""`. */
export const csv: Exporter = {
  ending: 'csv',
  compressions: ['uncompressed', 'gzip', 'brotli'],
  wrapped: true,
  encode: (batches, options) => byteChunks(linesOf(batches, options)),
}

// The characters that start a formula in a spreadsheet, also in their full-width forms.
const STARTS: ReadonlySet<number> = new Set([...'=+-@\t\r\n＝＋－＠'].map((character) => character.charCodeAt(0)))

async function* linesOf(
  batches: AsyncIterable<LogBatch>,
  { columns, neutralizeFormulas, onFormulas }: EncodeOptions,
): AsyncGenerator<string> {
  let formulas = 0
  const quote = neutralizeFormulas
    ? (text: string) => quoteText(STARTS.has(text.charCodeAt(0)) ? `'${text}` : text)
    : quoteText
  yield `${columns.map(({ name }) => quote(name)).join(',')}\r\n`
  for await (const batch of batches) {
    const texts = cellTexts(batch, { quote, plain: (text) => text, notFinite: (name) => name })
    const watched = onFormulas && !neutralizeFormulas ? textColumns(batch) : []
    for (let index = 0; index < batch.rowCount; index++) {
      const cells = texts.map((text) => text(index) ?? '')
      for (const at of watched) if (isFormula(cells[at] ?? '')) formulas++
      yield `${cells.join(',')}\r\n`
    }
  }
  if (formulas > 0) onFormulas?.(formulas)
}

/** Returns the positions of the columns whose cells can start with any character. */
function textColumns({ columns }: LogBatch): number[] {
  return columns.flatMap(({ type }, at) => (type === 'string' || type === 'json' ? [at] : []))
}

const QUOTE = 34

/** Returns whether a spreadsheet would run a cell, which may be quoted, as a formula. */
function isFormula(cell: string): boolean {
  return STARTS.has(cell.charCodeAt(cell.charCodeAt(0) === QUOTE ? 1 : 0))
}

/** Quotes text that a reader could misread: separators, line ends, empty text, and the words that some programs write for null. */
function quoteText(text: string): string {
  return text === '' || text === '\\N' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
