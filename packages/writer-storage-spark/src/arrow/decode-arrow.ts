import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { WriterTableError } from '@forge/writer-core'
import { type ColumnVector, columnBuilder, decimalShape, isNested, type Validity } from '@forge/writer-core/storage'
import { ByteBuffer } from 'flatbuffers'
import { HEADER, padTo8 } from './arrow-format.ts'

/** The buffers of a record batch: for each column its nulls, and the bytes that follow one after the other. */
interface RecordBatch {
  readonly rowCount: number
  readonly nulls: readonly number[]
  readonly buffers: readonly Uint8Array[]
}

/**
 * Returns the rows of a stream of Arrow's IPC format, whose columns have the types of `columns`: text and binary with offsets of 32 bits, decimals of
 * 128 bits, timestamps in microseconds. Throws WriterTableError for compressed or torn streams.
 */
export function decodeArrow(bytes: Uint8Array, columns: readonly ColumnDefinition[]): LogBatch[] {
  const batches: LogBatch[] = []
  for (const { rowCount, nulls, buffers } of recordBatches(bytes)) {
    let at = 0
    const take = () => buffers[at++] ?? NO_BYTES
    const vectors = columns.map(({ type }, column): ColumnVector => {
      const validity = validityOf(take(), nulls[column] ?? 0, rowCount)
      return vectorOf(type, validity, rowCount, take)
    })
    batches.push({ rowCount, columns, vectors })
  }
  return batches
}

const NO_BYTES = new Uint8Array(0)

function* recordBatches(bytes: Uint8Array): Generator<RecordBatch> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  while (at + 8 <= bytes.byteLength) {
    const length = view.getInt32(at + 4, true)
    if (length === 0) return
    const metadata = new ByteBuffer(bytes.subarray(at + 8, at + 8 + length))
    const root = metadata.readInt32(0)
    const header = fieldAt(metadata, root, 1)
    const bodyAt = at + 8 + length
    const bodyField = fieldAt(metadata, root, 3)
    const bodyBytes = bodyField === 0 ? 0 : Number(metadata.readInt64(bodyField))
    if (bodyAt + bodyBytes > bytes.byteLength) throw torn()
    if (header !== 0 && metadata.readUint8(header) === HEADER.recordBatch) {
      const table = fieldAt(metadata, root, 2)
      yield recordBatch(metadata, table + metadata.readInt32(table), bytes.subarray(bodyAt, bodyAt + bodyBytes))
    }
    at = bodyAt + padTo8(bodyBytes)
  }
}

function recordBatch(metadata: ByteBuffer, table: number, body: Uint8Array): RecordBatch {
  if (fieldAt(metadata, table, 3) !== 0) {
    throw new WriterTableError('the server compresses its answers, which this storage does not read', {
      suggestions: ['Leave spark.sql.execution.arrow.compression.codec at none.'],
    })
  }
  const length = fieldAt(metadata, table, 0)
  const structs = (field: number) => structsAt(metadata, fieldAt(metadata, table, field))
  return {
    rowCount: length === 0 ? 0 : Number(metadata.readInt64(length)),
    nulls: structs(1).map(([, nulls]) => nulls),
    buffers: structs(2).map(([offset, bytes]) => body.subarray(offset, offset + bytes)),
  }
}

/** Returns a list of structs of two 64-bit numbers. */
function structsAt(metadata: ByteBuffer, field: number): [number, number][] {
  if (field === 0) return []
  const vector = field + metadata.readInt32(field)
  return Array.from({ length: metadata.readInt32(vector) }, (_none, at) => {
    const place = vector + 4 + 16 * at
    return [Number(metadata.readInt64(place)), Number(metadata.readInt64(place + 8))]
  })
}

/** Returns the place of a field of a table; 0 if the table lacks it. */
function fieldAt(metadata: ByteBuffer, table: number, field: number): number {
  const offset = metadata.__offset(table, 4 + 2 * field)
  return offset === 0 ? 0 : table + offset
}

/** Returns the bitmap in memory of its own, as the answer's is freed with it, in whole words. */
function validityOf(bits: Uint8Array, nulls: number, rowCount: number): Validity {
  if (nulls === 0) return null
  const validity = new Uint8Array(padTo8(Math.ceil(rowCount / 8)))
  validity.set(bits.subarray(0, Math.ceil(rowCount / 8)))
  return validity
}

function vectorOf(
  type: ColumnDefinition['type'],
  validity: Validity,
  rows: number,
  take: () => Uint8Array,
): ColumnVector {
  if (decimalShape(type)) return { kind: 'decimal', values: decimals(take(), validity, rows), validity }
  switch (type) {
    case 'int64':
    case 'timestamp':
      return {
        kind: 'int64',
        values: clearNulls(new BigInt64Array(copyAligned(take(), rows * 8)), validity, 0n),
        validity,
      }
    case 'int32':
    case 'date':
      return { kind: 'int32', values: clearNulls(new Int32Array(copyAligned(take(), rows * 4)), validity, 0), validity }
    case 'int16': {
      const values = Int32Array.from(new Int16Array(copyAligned(take(), rows * 2)))
      return { kind: 'int32', values: clearNulls(values, validity, 0), validity }
    }
    case 'int8': {
      const values = Int32Array.from(new Int8Array(copyAligned(take(), rows)))
      return { kind: 'int32', values: clearNulls(values, validity, 0), validity }
    }
    case 'double':
      return {
        kind: 'double',
        values: clearNulls(new Float64Array(copyAligned(take(), rows * 8)), validity, 0),
        validity,
      }
    case 'float': {
      const values = withoutSigns(Float64Array.from(new Float32Array(copyAligned(take(), rows * 4))))
      return { kind: 'double', values: clearNulls(values, validity, 0), validity }
    }
    case 'boolean': {
      const bits = take()
      const values = Uint8Array.from({ length: rows }, (_none, row) => ((bits[row >> 3] ?? 0) >> (row & 7)) & 1)
      return { kind: 'boolean', values: clearNulls(values, validity, 0), validity }
    }
    case 'binary': {
      const [offsets, data] = [new Int32Array(copyAligned(take(), (rows + 1) * 4)), take()]
      return {
        kind: 'binary',
        values: Array.from({ length: rows }, (_none, row) => data.slice(offsets[row], offsets[row + 1])),
        validity,
      }
    }
    default:
      return readTexts(type, new Int32Array(copyAligned(take(), (rows + 1) * 4)), take(), validity, rows)
  }
}

/** Returns a copy of the bytes, which starts at a multiple of 8. */
function copyAligned(bytes: Uint8Array, length: number): ArrayBuffer {
  const copy = new Uint8Array(length)
  copy.set(bytes.subarray(0, length))
  return copy.buffer
}

/** Removes the signs of zeros. */
function withoutSigns(values: Float64Array): Float64Array {
  for (let row = 0; row < values.length; row++) values[row] = (values[row] ?? 0) + 0
  return values
}

/** Empties the slots of nulls, which may hold anything. */
function clearNulls<Values extends { [row: number]: Item; readonly length: number }, Item>(
  values: Values,
  validity: Validity,
  nothing: Item,
): Values {
  if (validity === null) return values
  for (let row = 0; row < values.length; row++) {
    if ((((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) values[row] = nothing
  }
  return values
}

function decimals(bytes: Uint8Array, validity: Validity, rows: number): bigint[] {
  const words = new BigInt64Array(copyAligned(bytes, rows * 16))
  const values = Array.from({ length: rows }, (_none, row) => {
    return ((words[2 * row + 1] ?? 0n) << 64n) | BigInt.asUintN(64, words[2 * row] ?? 0n)
  })
  return clearNulls(values, validity, 0n)
}

/** Returns text; core's builder keeps few different texts as a dictionary. */
function readTexts(
  type: ColumnDefinition['type'],
  offsets: Int32Array,
  bytes: Uint8Array,
  validity: Validity,
  rows: number,
): ColumnVector {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // JSON is kept as it is stored. Nested values get the form that core gives them.
  const builder = columnBuilder({ type: isNested(type) ? type : 'string' }, { expectedRows: rows })
  for (let row = 0; row < rows; row++) {
    if (validity !== null && (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) builder.addNull()
    else if (builder.add(data.toString('utf8', offsets[row], offsets[row + 1])) !== undefined) builder.addNull()
  }
  return builder.finish()
}

function torn(): WriterTableError {
  return new WriterTableError('an answer of the server ends too early', { transient: true })
}
