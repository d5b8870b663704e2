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

// What spreadsheets take for the start of a formula, also in the wide forms that they fold.
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/

async function* linesOf(
  batches: AsyncIterable<LogBatch>,
  { columns, neutralizeFormulas }: EncodeOptions,
): AsyncGenerator<string> {
  const quote = neutralizeFormulas ? (text: string) => quoteText(FORMULA.test(text) ? `'${text}` : text) : quoteText
  yield `${columns.map(({ name }) => quote(name)).join(',')}\r\n`
  for await (const batch of batches) {
    const texts = cellTexts(batch, { quote, plain: (text) => text, notFinite: (name) => name })
    for (let index = 0; index < batch.rowCount; index++) {
      yield `${texts.map((text) => text(index) ?? '').join(',')}\r\n`
    }
  }
}

/** Text that a reader could take for something else is quoted: separators, line ends, the empty text, and what some write for null. */
function quoteText(text: string): string {
  return text === '' || text === '\\N' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
