import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { type ColumnVector, decimalShape, isValid } from '@forge/writer-core/storage'
import { Builder } from 'flatbuffers'
import {
  CONTINUATION,
  DAYS,
  FLOAT_DOUBLE,
  FLOAT_SINGLE,
  HEADER,
  METADATA_V5,
  MICROSECONDS,
  padTo8,
  TYPE,
} from './arrow-format.ts'

/** The values of a column as Arrow's buffers: validity, then the offsets of text, then values. */
interface EncodedColumn {
  readonly nulls: number
  readonly buffers: readonly Uint8Array[]
}

/** Returns rows of a batch as a stream of Arrow's IPC format. Nested values and JSON are text. */
export function encodeArrow(batch: LogBatch, from = 0, to = batch.rowCount): Buffer {
  const columns = batch.vectors.map((vector, at) => encodeColumn(vector, batch.columns[at], from, to))
  const buffers = columns.flatMap((column) => column.buffers)
  const bodyBytes = buffers.reduce((sum, { byteLength }) => sum + padTo8(byteLength), 0)
  const parts = [
    ...message(schemaMessage(batch.columns)),
    ...message(recordBatchMessage(columns, to - from, bodyBytes)),
    ...buffers.flatMap((buffer) => [buffer, PADDING.subarray(0, padTo8(buffer.byteLength) - buffer.byteLength)]),
    END_OF_STREAM,
  ]
  return Buffer.concat(parts)
}

const PADDING = new Uint8Array(8)
const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0)

/** Returns metadata with its length before it, padTo8 so that what follows starts at a multiple of 8. */
function message(metadata: Uint8Array): Uint8Array[] {
  const length = padTo8(metadata.byteLength)
  const prefix = Buffer.alloc(8)
  prefix.writeUInt32LE(CONTINUATION, 0)
  prefix.writeInt32LE(length, 4)
  return [prefix, metadata, PADDING.subarray(0, length - metadata.byteLength)]
}

function schemaMessage(columns: readonly ColumnDefinition[]): Uint8Array {
  const builder = new Builder(1024)
  const fields = columns.map((column) => addField(builder, column))
  builder.startVector(4, fields.length, 4)
  for (const field of fields.toReversed()) builder.addOffset(field)
  const list = builder.endVector()
  builder.startObject(4)
  builder.addFieldOffset(1, list, 0)
  return finishMessage(builder, HEADER.schema, builder.endObject(), 0)
}

function addField(builder: Builder, { name, type }: ColumnDefinition): number {
  const label = builder.createString(name)
  const [number, offset] = addType(builder, type)
  builder.startVector(4, 0, 4)
  const children = builder.endVector()
  builder.startObject(7)
  builder.addFieldOffset(0, label, 0)
  builder.addFieldInt8(1, 1, 0)
  builder.addFieldInt8(2, number, 0)
  builder.addFieldOffset(3, offset, 0)
  builder.addFieldOffset(5, children, 0)
  return builder.endObject()
}

const INT_BITS: Readonly<Record<string, number>> = { int64: 64, int32: 32, int16: 16, int8: 8 }

/** Adds the type of a column. Returns its number and its place. */
function addType(builder: Builder, type: ColumnDefinition['type']): [number, number] {
  const bits = INT_BITS[type]
  if (bits !== undefined) {
    builder.startObject(2)
    builder.addFieldInt32(0, bits, 0)
    builder.addFieldInt8(1, 1, 0)
    return [TYPE.int, builder.endObject()]
  }
  const decimal = decimalShape(type)
  if (decimal) {
    builder.startObject(3)
    builder.addFieldInt32(0, decimal.precision, 0)
    builder.addFieldInt32(1, decimal.scale, 0)
    return [TYPE.decimal, builder.endObject()]
  }
  const empty = (number: number): [number, number] => {
    builder.startObject(0)
    return [number, builder.endObject()]
  }
  switch (type) {
    case 'double':
    case 'float':
      builder.startObject(1)
      builder.addFieldInt16(0, type === 'float' ? FLOAT_SINGLE : FLOAT_DOUBLE, 0)
      return [TYPE.floatingPoint, builder.endObject()]
    case 'boolean':
      return empty(TYPE.bool)
    case 'binary':
      return empty(TYPE.binary)
    case 'date':
      builder.startObject(1)
      // Milliseconds are the default of the format.
      builder.addFieldInt16(0, DAYS, 1)
      return [TYPE.date, builder.endObject()]
    case 'timestamp': {
      const zone = builder.createString('UTC')
      builder.startObject(2)
      builder.addFieldInt16(0, MICROSECONDS, 0)
      builder.addFieldOffset(1, zone, 0)
      return [TYPE.timestamp, builder.endObject()]
    }
    default:
      return empty(TYPE.utf8)
  }
}

function recordBatchMessage(columns: readonly EncodedColumn[], rows: number, bodyBytes: number): Uint8Array {
  const builder = new Builder(1024)
  const buffers = columns.flatMap((column) => column.buffers)
  let offset = bodyBytes
  builder.startVector(16, buffers.length, 8)
  for (const { byteLength } of buffers.toReversed()) {
    offset -= padTo8(byteLength)
    builder.prep(8, 16)
    builder.writeInt64(BigInt(byteLength))
    builder.writeInt64(BigInt(offset))
  }
  const bufferList = builder.endVector()
  builder.startVector(16, columns.length, 8)
  for (const { nulls } of columns.toReversed()) {
    builder.prep(8, 16)
    builder.writeInt64(BigInt(nulls))
    builder.writeInt64(BigInt(rows))
  }
  const nodes = builder.endVector()
  builder.startObject(4)
  builder.addFieldInt64(0, BigInt(rows), 0n)
  builder.addFieldOffset(1, nodes, 0)
  builder.addFieldOffset(2, bufferList, 0)
  return finishMessage(builder, HEADER.recordBatch, builder.endObject(), bodyBytes)
}

function finishMessage(builder: Builder, header: number, offset: number, bodyBytes: number): Uint8Array {
  builder.startObject(5)
  builder.addFieldInt64(3, BigInt(bodyBytes), 0n)
  builder.addFieldOffset(2, offset, 0)
  builder.addFieldInt16(0, METADATA_V5, 0)
  builder.addFieldInt8(1, header, 0)
  builder.finish(builder.endObject())
  return builder.asUint8Array()
}

function encodeColumn(
  vector: ColumnVector,
  column: ColumnDefinition | undefined,
  from: number,
  to: number,
): EncodedColumn {
  const { validity, nulls } = encodeValidity(vector, from, to)
  return { nulls, buffers: [validity, ...encodeValues(vector, column?.type ?? 'string', from, to)] }
}

function encodeValidity({ validity }: ColumnVector, from: number, to: number) {
  if (validity === null) return { validity: new Uint8Array(0), nulls: 0 }
  const bits = new Uint8Array(Math.ceil((to - from) / 8))
  let nulls = 0
  for (let row = from; row < to; row++) {
    if (isValid(validity, row)) bits[(row - from) >> 3] = (bits[(row - from) >> 3] ?? 0) | (1 << ((row - from) & 7))
    else nulls++
  }
  return { validity: bits, nulls }
}

function encodeValues(vector: ColumnVector, type: ColumnDefinition['type'], from: number, to: number): Uint8Array[] {
  switch (vector.kind) {
    case 'int64':
      return [bytesOf(vector.values.subarray(from, to))]
    case 'int32': {
      const values = vector.values.subarray(from, to)
      if (type === 'int16') return [bytesOf(Int16Array.from(values))]
      return [bytesOf(type === 'int8' ? Int8Array.from(values) : values)]
    }
    case 'double': {
      // Zeros lose their sign, as everywhere in this project.
      const values = vector.values.subarray(from, to).map((value) => value + 0)
      return [bytesOf(type === 'float' ? Float32Array.from(values) : values)]
    }
    case 'boolean': {
      const bits = new Uint8Array(Math.ceil((to - from) / 8))
      for (let row = from; row < to; row++) {
        if (vector.values[row] === 1)
          bits[(row - from) >> 3] = (bits[(row - from) >> 3] ?? 0) | (1 << ((row - from) & 7))
      }
      return [bits]
    }
    case 'decimal':
      return [encodeDecimals(vector.values, from, to)]
    case 'binary':
      return encodeBytes(to - from, (row) => vector.values[from + row] ?? NO_BYTES)
    case 'text':
      return encodeTexts(vector, from, to)
    case 'dictionary':
      return encodeDictionary(vector, from, to)
  }
}

const NO_BYTES = new Uint8Array(0)

function bytesOf(values: ArrayBufferView): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}

/** Returns numbers of 128 bits in two's complement, the low half first. */
function encodeDecimals(values: readonly bigint[], from: number, to: number): Uint8Array {
  const words = new BigInt64Array(2 * (to - from))
  for (let row = from; row < to; row++) {
    const value = values[row] ?? 0n
    words[2 * (row - from)] = BigInt.asIntN(64, value)
    words[2 * (row - from) + 1] = value >> 64n
  }
  return bytesOf(words)
}

function encodeDictionary(vector: Extract<ColumnVector, { kind: 'dictionary' }>, from: number, to: number) {
  const words: (Buffer | undefined)[] = []
  return encodeBytes(to - from, (row) => {
    const code = vector.values[from + row] ?? 0
    words[code] ??= Buffer.from(vector.dictionary[code] ?? '')
    return words[code]
  })
}

function encodeBytes(rows: number, bytesAt: (row: number) => Uint8Array): Uint8Array[] {
  const offsets = new Int32Array(rows + 1)
  for (let row = 0; row < rows; row++) offsets[row + 1] = (offsets[row] ?? 0) + bytesAt(row).byteLength
  const data = Buffer.allocUnsafe(offsets[rows] ?? 0)
  for (let row = 0; row < rows; row++) data.set(bytesAt(row), offsets[row])
  return [bytesOf(offsets), data]
}

function encodeTexts({ values }: Extract<ColumnVector, { kind: 'text' }>, from: number, to: number): Uint8Array[] {
  const offsets = new Int32Array(to - from + 1)
  let data = Buffer.allocUnsafe(Math.max(64, 16 * (to - from)))
  let length = 0
  for (let row = from; row < to; row++) {
    const text = values[row] ?? ''
    // A UTF-16 unit needs at most three bytes.
    if (length + text.length * 3 > data.byteLength) {
      const larger = Buffer.allocUnsafe(Math.max(data.byteLength * 2, length + text.length * 3))
      data.copy(larger, 0, 0, length)
      data = larger
    }
    length += data.write(text, length)
    offsets[row - from + 1] = length
  }
  return [bytesOf(offsets), data.subarray(0, length)]
}
