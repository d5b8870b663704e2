import type { LogBatch } from '@forge/writer-core'
import { columnWriter, positionWriter } from './column-writers.ts'

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const END = Buffer.from([0xff, 0xff])
/** The rows of a part: some hundred kilobytes, which the processor keeps near while their columns are written one after the other. */
const PART_ROWS = 512
const COUNT_BYTES = 2

/**
 * Yields the rows of a batch in the binary format of COPY, in parts: in each, the fields are measured first, and then written column by column. The batch must
 * have the types of the table. With `numbered`, each row ends with its position in the batch. Throws WriterSchemaError for text with a NUL, which the
 * server cannot store.
 */
export function* encodeBatch(batch: LogBatch, numbered = false): Generator<Buffer> {
  const { rowCount, columns, vectors } = batch
  const writers = vectors.map((vector, at) => {
    const { name, type } = columns[at] ?? { name: '', type: 'string' }
    return columnWriter(vector, type, name)
  })
  if (numbered) writers.push(positionWriter())
  const places = new Uint32Array(Math.min(PART_ROWS, rowCount))
  yield SIGNATURE
  for (let from = 0; from < rowCount; from += PART_ROWS) {
    const to = Math.min(rowCount, from + PART_ROWS)
    places.fill(COUNT_BYTES)
    for (const writer of writers) writer.addSizes(from, to, places)
    const bytes = Buffer.allocUnsafe(placeRows(places, to - from))
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    for (let at = 0; at < to - from; at++) {
      const place = places[at] ?? 0
      view.setInt16(place, writers.length)
      places[at] = place + COUNT_BYTES
    }
    for (const writer of writers) writer.write(from, to, { bytes, view, places })
    yield bytes
  }
  yield END
}

/** Replaces the sizes of rows by their places, one after the other. Returns the size of all. */
function placeRows(sizes: Uint32Array, count: number): number {
  let place = 0
  for (let at = 0; at < count; at++) {
    const size = sizes[at] ?? 0
    sizes[at] = place
    place += size
  }
  return place
}
