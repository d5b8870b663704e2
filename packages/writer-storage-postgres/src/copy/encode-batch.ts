import { type ColumnType, type LogBatch, WriterSchemaError } from '@forge/writer-core'
import { type ColumnVector, decimalShape, isValid } from '@forge/writer-core/storage'
import { type ByteWriter, byteWriter } from './byte-writer.ts'
import { numericBytes } from './numeric-bytes.ts'

const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const CHUNK_BYTES = 1 << 16
/** The bytes that most fields take. */
const FIELD_BYTES = 24
/** The microseconds and days from 1970 to 2000, with which the server's times start. */
const MICROS_TO_2000 = 946_684_800_000_000n
const DAYS_TO_2000 = 10_957

type Field = (row: number) => void

/**
 * Yields the rows of a batch in the binary format of COPY. The batch must have the types of the table. With `numbered`, each row ends with its position
 * in the batch. Throws WriterSchemaError for text with a NUL, which the server cannot store.
 */
export function* encodeBatch(batch: LogBatch, numbered = false): Generator<Buffer> {
  const writer = byteWriter(Math.min(CHUNK_BYTES * 2, SIGNATURE.length + batch.rowCount * fieldBytes(batch)))
  writer.bytes(SIGNATURE)
  const fields = batch.vectors.map((vector, at) => {
    const { name, type } = batch.columns[at] ?? { name: '', type: 'string' }
    return withNulls(vector, fieldOf(vector, type, name, writer), writer)
  })
  const count = fields.length + (numbered ? 1 : 0)
  for (let row = 0; row < batch.rowCount; row++) {
    writer.int16(count)
    for (const field of fields) field(row)
    if (numbered) {
      writer.int32(4)
      writer.int32(row)
    }
    if (writer.length >= CHUNK_BYTES) yield writer.take()
  }
  writer.int16(-1)
  yield writer.take()
}

function fieldBytes({ columns }: LogBatch): number {
  return (columns.length + 1) * FIELD_BYTES
}

function withNulls({ validity }: ColumnVector, field: Field, writer: ByteWriter): Field {
  if (validity === null) return field
  return (row) => (isValid(validity, row) ? field(row) : writer.int32(-1))
}

function fieldOf(vector: ColumnVector, type: ColumnType, name: string, writer: ByteWriter): Field {
  switch (vector.kind) {
    case 'int64': {
      const { values } = vector
      const start = type === 'timestamp' ? MICROS_TO_2000 : 0n
      return (row) => {
        writer.int32(8)
        writer.int64((values[row] ?? 0n) - start)
      }
    }
    case 'int32':
      return int32Field(vector.values, type, writer)
    case 'double': {
      const { values } = vector
      const [size, write] = type === 'float' ? ([4, writer.float] as const) : ([8, writer.double] as const)
      return (row) => {
        writer.int32(size)
        write(values[row] ?? 0)
      }
    }
    case 'boolean': {
      const { values } = vector
      return (row) => {
        writer.int32(1)
        writer.byte(values[row] ?? 0)
      }
    }
    case 'decimal': {
      const { values } = vector
      const scale = decimalShape(type)?.scale ?? 0
      return (row) => writeBytes(numericBytes(values[row] ?? 0n, scale), writer)
    }
    case 'binary': {
      const { values } = vector
      return (row) => writeBytes(values[row] ?? NO_BYTES, writer)
    }
    case 'text': {
      const { values } = vector
      return (row) => writer.text(storable(values[row] ?? '', name))
    }
    case 'dictionary': {
      const { values, dictionary } = vector
      const words = new Map<number, Buffer>()
      return (row) => {
        const code = values[row] ?? 0
        let word = words.get(code)
        if (word === undefined) {
          word = Buffer.from(storable(dictionary[code] ?? '', name))
          words.set(code, word)
        }
        writeBytes(word, writer)
      }
    }
  }
}

function int32Field(values: Int32Array, type: ColumnType, writer: ByteWriter): Field {
  if (type === 'int16' || type === 'int8') {
    return (row) => {
      writer.int32(2)
      writer.int16(values[row] ?? 0)
    }
  }
  const start = type === 'date' ? DAYS_TO_2000 : 0
  return (row) => {
    writer.int32(4)
    writer.int32((values[row] ?? 0) - start)
  }
}

const NO_BYTES = new Uint8Array(0)

function writeBytes(bytes: Uint8Array, writer: ByteWriter): void {
  writer.int32(bytes.byteLength)
  writer.bytes(bytes)
}

function storable(text: string, column: string): string {
  if (!text.includes('\0')) return text
  throw new WriterSchemaError(`column ${column} has text with a NUL, which PostgreSQL cannot store`, {
    context: { column, columns: [column] },
    suggestions: ['Remove NUL characters, or use another storage.'],
    committed: 'no',
  })
}
