import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { type ColumnVector, type DecimalShape, decimalShape, isNested } from '@forge/writer-core/storage'
import type { Data, DataType, Field, RecordBatch, Schema } from 'apache-arrow'
import type { Exporter } from './exporter.ts'

type Arrow = typeof import('apache-arrow')

/** An Arrow IPC file (Feather 2), one record batch for each batch read. */
export const arrow: Exporter = {
  ending: 'arrow',
  compressions: ['uncompressed'],
  wrapped: false,
  async *encode(batches, { columns }) {
    const library = await import('apache-arrow')
    const schema = new library.Schema(columns.map((column) => field(library, column)))
    const sink = collectingSink(library)
    const writer = new library.RecordBatchFileWriter()
    writer.reset(sink, schema)
    for await (const batch of batches) {
      writer.write(recordBatch(library, schema, batch))
      yield* sink.take()
    }
    writer.finish()
    yield* sink.take()
  },
}

/** The chunks since the last call of `take`: the writer's own queue would grow as fast as rows are read. */
function collectingSink({ AsyncByteQueue }: Arrow) {
  let chunks: Uint8Array[] = []
  class Sink extends AsyncByteQueue<Uint8Array> {
    override write(chunk: Uint8Array): void {
      if (chunk.byteLength > 0) chunks.push(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength))
    }
    take(): Uint8Array[] {
      const taken = chunks
      chunks = []
      return taken
    }
  }
  return new Sink()
}

function field(library: Arrow, column: ColumnDefinition): Field {
  return new library.Field(column.name, dataType(library, column), column.nullable)
}

function dataType(library: Arrow, { type }: ColumnDefinition): DataType {
  const shape = decimalShape(type)
  if (shape) return new library.Decimal(shape.scale, shape.precision, decimalBits(shape))
  if (isNested(type)) return new library.Utf8()
  switch (type) {
    case 'string':
    case 'json':
      return new library.Utf8()
    case 'int64':
      return new library.Int64()
    case 'int32':
      return new library.Int32()
    case 'int16':
      return new library.Int16()
    case 'int8':
      return new library.Int8()
    case 'binary':
      return new library.Binary()
    case 'double':
      return new library.Float64()
    case 'float':
      return new library.Float32()
    case 'boolean':
      return new library.Bool()
    case 'timestamp':
      return new library.TimestampMicrosecond('UTC')
    case 'date':
      return new library.DateDay()
    default:
      throw new TypeError(`no Arrow type for ${type}`)
  }
}

/** Whole numbers of 128 bits have 39 digits, which a decimal of 128 bits may not. */
function decimalBits({ precision }: DecimalShape): 128 | 256 {
  return precision > 38 ? 256 : 128
}

function recordBatch(library: Arrow, schema: Schema, batch: LogBatch): RecordBatch {
  const length = batch.rowCount
  const children = batch.columns.flatMap((column, at) => {
    const vector = batch.vectors[at]
    return vector ? [columnData(library, column, vector, length)] : []
  })
  const type = new library.Struct(schema.fields)
  return new library.RecordBatch(schema, library.makeData({ type, length, nullCount: 0, children }))
}

/** Returns the data of a vector. Vectors have the layout of Arrow except text and booleans, so most are used as they are. */
function columnData(library: Arrow, column: ColumnDefinition, vector: ColumnVector, length: number): Data {
  const props = { type: dataType(library, column), length, nullBitmap: vector.validity, nullCount: -1 }
  // The type of a column and the kind of its vector belong together, which makeData cannot see in a union.
  const make = (values: object) => library.makeData({ ...props, ...values } as never) as Data
  switch (vector.kind) {
    case 'int64':
      return make({ data: vector.values })
    case 'int32':
      return make({ data: narrowValues(column, vector.values) })
    case 'decimal':
      return make({ data: decimalWords(vector.values, decimalShape(column.type)) })
    case 'binary':
      return make(byteRuns(vector.values))
    case 'double':
      return make({ data: column.type === 'float' ? Float32Array.from(vector.values) : vector.values })
    case 'boolean':
      return make({ data: packedBits(vector.values) })
    case 'text':
      return make(utf8(length, (index) => vector.values[index] ?? ''))
    case 'dictionary':
      return make(utf8(length, (index) => vector.dictionary[vector.values[index] ?? 0] ?? ''))
  }
}

function narrowValues({ type }: ColumnDefinition, values: Int32Array): Int32Array | Int16Array | Int8Array {
  return type === 'int16' ? Int16Array.from(values) : type === 'int8' ? Int8Array.from(values) : values
}

/** Two's complement, the lowest word first. */
function decimalWords(values: readonly bigint[], shape: DecimalShape | undefined): Uint32Array {
  const words = new BigInt64Array(values.length * (decimalBits(shape ?? { precision: 38, scale: 0 }) / 64))
  const each = words.length / Math.max(1, values.length)
  for (const [index, value] of values.entries()) {
    for (let word = 0; word < each; word++) words[index * each + word] = BigInt.asIntN(64, value >> BigInt(word * 64))
  }
  return new Uint32Array(words.buffer)
}

function byteRuns(values: readonly Uint8Array[]) {
  const valueOffsets = new Int32Array(values.length + 1)
  for (const [index, bytes] of values.entries()) valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + bytes.length
  return { valueOffsets, data: Buffer.concat(values) }
}

function packedBits(values: Uint8Array): Uint8Array {
  const bits = new Uint8Array(((values.length + 63) >> 6) << 3)
  for (const [index, value] of values.entries()) {
    if (value) bits[index >> 3] = (bits[index >> 3] ?? 0) | (1 << (index & 7))
  }
  return bits
}

function utf8(length: number, textAt: (index: number) => string) {
  const texts = Array.from({ length }, (_, index) => textAt(index))
  const valueOffsets = new Int32Array(length + 1)
  for (const [index, text] of texts.entries()) {
    valueOffsets[index + 1] = (valueOffsets[index] ?? 0) + Buffer.byteLength(text, 'utf8')
  }
  return { valueOffsets, data: Buffer.from(texts.join(''), 'utf8') }
}
