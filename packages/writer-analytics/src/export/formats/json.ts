import type { LogBatch } from '@forge/writer-core'
import { safeCodes } from './byte-sink.ts'
import { cellColumn, type RowStyle, rowBytes } from './cell-bytes.ts'
import type { EncodeOptions, Exporter } from './exporter.ts'

/** An array of objects. Integers keep all their digits; NaN and the infinities, which JSON does not have, are text. */
export const json: Exporter = {
  ending: 'json',
  compressions: ['uncompressed', 'gzip', 'brotli'],
  wrapped: true,
  encode: arrayOf,
}

/** One object per line. */
export const ndjson: Exporter = {
  ...json,
  ending: 'ndjson',
  encode: (batches, options) => rowBytes(batches, objectStyle(options, { between: '', end: '}\n' })),
}

async function* arrayOf(batches: AsyncIterable<LogBatch>, options: EncodeOptions): AsyncGenerator<Uint8Array> {
  let isEmpty = true
  for await (const objects of rowBytes(batches, objectStyle(options, { between: ',\n', end: '}' }))) {
    if (isEmpty) yield Buffer.from('[\n')
    isEmpty = false
    yield objects
  }
  yield Buffer.from(isEmpty ? '[]\n' : '\n]\n')
}

const [SPACE, QUOTE, BACKSLASH] = [32, 34, 92]
const SAFE = safeCodes((code) => code >= SPACE && code !== QUOTE && code !== BACKSLASH)

function objectStyle({ columns }: EncodeOptions, rows: Omit<RowStyle, 'columns'>): RowStyle {
  const cells = columns.map((column, at) =>
    cellColumn(column, {
      lead: `${at === 0 ? '{' : ','}${JSON.stringify(column.name)}:`,
      none: 'null',
      quote: (text) => JSON.stringify(text),
      safe: SAFE,
      mark: '"',
    }),
  )
  return { ...rows, columns: cells }
}
