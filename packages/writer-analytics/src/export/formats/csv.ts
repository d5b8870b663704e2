import type { LogBatch } from '@forge/writer-core'
import { isValid } from '@forge/writer-core/storage'
import { safeCodes } from './byte-sink.ts'
import { cellColumn, rowBytes } from './cell-bytes.ts'
import type { EncodeOptions, Exporter } from './exporter.ts'

/** RFC 4180 in UTF-8, with a header line. Null is an empty cell, empty text is `""`. */
export const csv: Exporter = {
  ending: 'csv',
  compressions: ['uncompressed', 'gzip', 'brotli'],
  wrapped: true,
  encode: linesOf,
}

// The characters that start a formula in a spreadsheet, also in their full-width forms.
const STARTS: ReadonlySet<number> = new Set([...'=+-@\t\r\n＝＋－＠'].map((character) => character.charCodeAt(0)))

const [SPACE, QUOTE, COMMA, BACKSLASH, DELETE] = [32, 34, 44, 92, 127]
/** Characters that never need quotes. Space and backslash do in some places. */
const SAFE = safeCodes(
  (code) => code > SPACE && code < DELETE && code !== QUOTE && code !== COMMA && code !== BACKSLASH,
)
const SAFE_FROM_FORMULAS = safeCodes((code) => SAFE[code] === 1 && !STARTS.has(code))

async function* linesOf(
  batches: AsyncIterable<LogBatch>,
  { columns, neutralizeFormulas, onFormulas }: EncodeOptions,
): AsyncGenerator<Uint8Array> {
  const quote = neutralizeFormulas ? (text: string) => quoteText(isFormula(text) ? `'${text}` : text) : quoteText
  const safe = neutralizeFormulas ? SAFE_FROM_FORMULAS : SAFE
  yield Buffer.from(`${columns.map(({ name }) => quote(name)).join(',')}\r\n`)
  const cells = columns.map((column, at) =>
    cellColumn(column, { lead: at === 0 ? '' : ',', none: '', quote, safe, mark: '' }),
  )
  const formulas = countFormulas(batches)
  const counted = onFormulas && !neutralizeFormulas ? formulas.batches : batches
  yield* rowBytes(counted, { columns: cells, between: '', end: '\r\n' })
  if (formulas.count() > 0) onFormulas?.(formulas.count())
}

/** Counts the cells of text that a spreadsheet would run as a formula, while the batches are read. */
function countFormulas(batches: AsyncIterable<LogBatch>) {
  let count = 0
  async function* countIn(): AsyncGenerator<LogBatch> {
    for await (const batch of batches) {
      count += formulasIn(batch)
      yield batch
    }
  }
  return { batches: countIn(), count: () => count }
}

function formulasIn({ columns, vectors }: LogBatch): number {
  let formulas = 0
  for (const [at, { type }] of columns.entries()) {
    const vector = vectors[at]
    if (type !== 'string' && type !== 'json') continue
    // The slot of a null is empty text, which is not a formula.
    if (vector?.kind === 'text') for (const text of vector.values) if (isFormula(text)) formulas++
    if (vector?.kind !== 'dictionary') continue
    const flags = vector.dictionary.map(isFormula)
    for (const [index, code] of vector.values.entries()) if (flags[code] && isValid(vector.validity, index)) formulas++
  }
  return formulas
}

function isFormula(text: string): boolean {
  return STARTS.has(text.charCodeAt(0))
}

/** Quotes text that a reader could misread: separators, line ends, empty text, and the words that some programs write for null. */
function quoteText(text: string): string {
  return text === '' || text === '\\N' || /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
