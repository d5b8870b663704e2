import type { LogBatch } from '@forge/writer-core'
import { byteChunks } from './byte-chunks.ts'
import { cellTexts, type TextStyle } from './cell-texts.ts'
import type { Exporter } from './exporter.ts'

/** An array of objects. Integers keep all their digits; NaN and the infinities, which JSON does not have, are text. */
export const json: Exporter = {
  ending: 'json',
  compressions: ['uncompressed', 'gzip', 'brotli'],
  wrapped: true,
  encode: (batches) => byteChunks(arrayOf(batches)),
}

/** One object per line. */
export const ndjson: Exporter = { ...json, ending: 'ndjson', encode: (batches) => byteChunks(linesOf(batches)) }

const STYLE: TextStyle = {
  quote: (text) => JSON.stringify(text),
  plain: (text) => `"${text}"`,
  notFinite: (name) => `"${name}"`,
}

async function* arrayOf(batches: AsyncIterable<LogBatch>): AsyncGenerator<string> {
  let before = '[\n'
  for await (const batch of batches) {
    for (const object of objects(batch)) {
      yield `${before}${object}`
      before = ',\n'
    }
  }
  yield before === '[\n' ? '[]\n' : '\n]\n'
}

async function* linesOf(batches: AsyncIterable<LogBatch>): AsyncGenerator<string> {
  for await (const batch of batches) {
    for (const object of objects(batch)) yield `${object}\n`
  }
}

function* objects(batch: LogBatch): Generator<string> {
  const texts = cellTexts(batch, STYLE)
  const keys = batch.columns.map(({ name }) => `${JSON.stringify(name)}:`)
  for (let index = 0; index < batch.rowCount; index++) {
    yield `{${texts.map((text, at) => `${keys[at]}${text(index) ?? 'null'}`).join(',')}}`
  }
}
