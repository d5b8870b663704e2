import { type DuckDBDataChunk, DuckDBTypeId } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import {
  type ColumnDefinition,
  type ColumnVector,
  type LogBatch,
  type Validity,
  WriterSchemaError,
} from '@forge/writer-core'

/**
 * One chunk of a result as a batch. `columns` says the logical types; numbers are converted to what these hold.
 * Text is exact, also with a leading U+FEFF, which the engine's own reader drops.
 */
export function readChunk(chunk: DuckDBDataChunk, columns: readonly ColumnDefinition[]): LogBatch {
  const rowCount = chunk.rowCount
  const vectors = columns.map((column, at) =>
    readVector(duckdb.data_chunk_get_vector(chunk.chunk, at), rowCount, column),
  )
  return { rowCount, columns, vectors }
}

function readVector(vector: duckdb.Vector, count: number, column: ColumnDefinition): ColumnVector {
  const bits: Uint8Array | null = duckdb.vector_get_validity(vector, ((count + 63) >> 6) << 3)
  const validity: Validity = bits
  const typeId = duckdb.get_type_id(duckdb.vector_get_column_type(vector)) as number
  const data = (bytesEach: number) => duckdb.vector_get_data(vector, count * bytesEach)
  switch (typeId) {
    case DuckDBTypeId.VARCHAR:
      return { kind: 'text', values: readTexts(data(16), count, validity), validity }
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { kind: 'int64', values: cleared(longs(data(8), count), validity, 0n), validity }
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.DATE:
      return whole(new Int32Array(aligned(data(4)), 0, count), validity, column)
    case DuckDBTypeId.SMALLINT:
      return whole(Int32Array.from(new Int16Array(aligned(data(2)), 0, count)), validity, column)
    case DuckDBTypeId.TINYINT:
      return whole(Int32Array.from(new Int8Array(aligned(data(1)), 0, count)), validity, column)
    case DuckDBTypeId.DOUBLE:
      return { kind: 'double', values: cleared(new Float64Array(aligned(data(8)), 0, count), validity, 0), validity }
    case DuckDBTypeId.FLOAT: {
      const values = Float64Array.from(new Float32Array(aligned(data(4)), 0, count))
      return { kind: 'double', values: cleared(values, validity, 0), validity }
    }
    case DuckDBTypeId.BOOLEAN: {
      const values = Uint8Array.from(data(duckdb.sizeof_bool)).subarray(0, count)
      return { kind: 'boolean', values: cleared(values, validity, 0), validity }
    }
    case DuckDBTypeId.SQLNULL:
      return { kind: 'text', values: new Array<string>(count).fill(''), validity }
    default:
      throw new WriterSchemaError(`column ${column.name} has an engine type that cannot be read`, {
        context: { column: column.name, typeId },
      })
  }
}

function whole(values: Int32Array, validity: Validity, { type }: ColumnDefinition): ColumnVector {
  const clean = cleared(values, validity, 0)
  return type === 'int64'
    ? { kind: 'int64', values: BigInt64Array.from(clean, BigInt), validity }
    : { kind: 'int32', values: clean, validity }
}

interface Slots<Item> {
  [index: number]: Item
  readonly length: number
}

// The engine leaves anything in the slots of nulls; batches hold zeros there.
function cleared<Item, Values extends Slots<Item>>(values: Values, validity: Validity, zero: Item): Values {
  if (validity === null) return values
  for (let index = 0; index < values.length; index++) {
    if (((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) values[index] = zero
  }
  return values
}

function longs(bytes: Uint8Array, count: number): BigInt64Array {
  return new BigInt64Array(aligned(bytes), 0, count)
}

function aligned(bytes: Uint8Array): ArrayBuffer {
  if (bytes.byteOffset === 0 && bytes.buffer instanceof ArrayBuffer) return bytes.buffer
  return Uint8Array.from(bytes).buffer
}

// `duckdb_string_t` of the C interface: a length, then up to 12 bytes of text, or 4 of it and a pointer.
function readTexts(bytes: Uint8Array, count: number, validity: Validity): string[] {
  const buffer = aligned(bytes)
  const text = Buffer.from(buffer)
  const values = new Array<string>(count)
  for (let index = 0; index < count; index++) {
    if (validity !== null && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) {
      values[index] = ''
      continue
    }
    const at = index * 16
    const length = text.readUInt32LE(at)
    if (length <= 12) values[index] = text.toString('utf8', at + 4, at + 4 + length)
    else {
      const data = duckdb.get_data_from_pointer(buffer, at + 8, length)
      values[index] = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8')
    }
  }
  return values
}
