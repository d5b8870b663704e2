import { type DuckDBDataChunk, DuckDBTypeId } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import { type ColumnDefinition, type LogBatch, WriterSchemaError } from '@forge/writer-core'
import type { ColumnVector, Validity } from '@forge/writer-core/storage'
import { wideNumbers } from './decimal-words.ts'
import { readBytes, readTexts } from './read-strings.ts'

/**
 * Converts one chunk of a result to a batch. `columns` gives the logical types, and numbers are converted to these. Text is exact, including a
 * leading U+FEFF, which the driver's own reader drops.
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
      return { kind: 'text', values: readTexts(alignedBuffer(data(16)), count, validity), validity }
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { kind: 'int64', values: clearNulls(longs(data(8), count), validity, 0n), validity }
    case DuckDBTypeId.INTEGER:
    case DuckDBTypeId.DATE:
      return whole(new Int32Array(alignedBuffer(data(4)), 0, count), validity, column)
    case DuckDBTypeId.SMALLINT:
      return whole(Int32Array.from(new Int16Array(alignedBuffer(data(2)), 0, count)), validity, column)
    case DuckDBTypeId.TINYINT:
      return whole(Int32Array.from(new Int8Array(alignedBuffer(data(1)), 0, count)), validity, column)
    case DuckDBTypeId.DOUBLE:
      return {
        kind: 'double',
        values: clearNulls(new Float64Array(alignedBuffer(data(8)), 0, count), validity, 0),
        validity,
      }
    case DuckDBTypeId.FLOAT: {
      const values = Float64Array.from(new Float32Array(alignedBuffer(data(4)), 0, count))
      return { kind: 'double', values: clearNulls(values, validity, 0), validity }
    }
    case DuckDBTypeId.HUGEINT:
      return decimals(wideNumbers(longs(data(16), count * 2)), validity)
    case DuckDBTypeId.DECIMAL:
      return decimals(unscaledValues(duckdb.vector_get_column_type(vector), data, count), validity)
    case DuckDBTypeId.BLOB:
      return { kind: 'binary', values: readBytes(alignedBuffer(data(16)), count, validity), validity }
    case DuckDBTypeId.BOOLEAN: {
      const values = Uint8Array.from(data(duckdb.sizeof_bool)).subarray(0, count)
      return { kind: 'boolean', values: clearNulls(values, validity, 0), validity }
    }
    case DuckDBTypeId.SQLNULL:
      return { kind: 'text', values: new Array<string>(count).fill(''), validity }
    default:
      throw new WriterSchemaError(`column ${column.name} has an engine type that cannot be read`, {
        context: { column: column.name, typeId },
      })
  }
}

function decimals(values: bigint[], validity: Validity): ColumnVector {
  return { kind: 'decimal', values: clearNulls(values, validity, 0n), validity }
}

function unscaledValues(type: duckdb.LogicalType, data: (bytesEach: number) => Uint8Array, count: number): bigint[] {
  switch (duckdb.decimal_internal_type(type) as number) {
    case DuckDBTypeId.SMALLINT:
      return Array.from(new Int16Array(alignedBuffer(data(2)), 0, count), BigInt)
    case DuckDBTypeId.INTEGER:
      return Array.from(new Int32Array(alignedBuffer(data(4)), 0, count), BigInt)
    case DuckDBTypeId.BIGINT:
      return Array.from(longs(data(8), count))
    default:
      return wideNumbers(longs(data(16), count * 2))
  }
}

function whole(values: Int32Array, validity: Validity, { type }: ColumnDefinition): ColumnVector {
  const clean = clearNulls(values, validity, 0)
  return type === 'int64'
    ? { kind: 'int64', values: BigInt64Array.from(clean, BigInt), validity }
    : { kind: 'int32', values: clean, validity }
}

interface Slots<Item> {
  [index: number]: Item
  readonly length: number
}

// The engine leaves arbitrary values in the slots of nulls. Batches have zeros there.
function clearNulls<Item, Values extends Slots<Item>>(values: Values, validity: Validity, zero: Item): Values {
  if (validity === null) return values
  for (let index = 0; index < values.length; index++) {
    if (((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) values[index] = zero
  }
  return values
}

function longs(bytes: Uint8Array, count: number): BigInt64Array {
  return new BigInt64Array(alignedBuffer(bytes), 0, count)
}

function alignedBuffer(bytes: Uint8Array): ArrayBuffer {
  if (bytes.byteOffset === 0 && bytes.buffer instanceof ArrayBuffer) return bytes.buffer
  return Uint8Array.from(bytes).buffer
}
