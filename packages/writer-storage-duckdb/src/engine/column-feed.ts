import { BIGINT, BOOLEAN, DATE, DOUBLE, type DuckDBType, ENUM, INTEGER, TIMESTAMPTZ, VARCHAR } from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { ColumnType, ColumnVector, Validity } from '@forge/writer-core'

/** How one column of a batch gets into the engine's vectors. */
export interface ColumnFeed {
  readonly type: DuckDBType
  /** Text given as codes of a type made for this statement: to be cast to VARCHAR. */
  readonly isCoded: boolean
  fill(target: duckdb.Vector, start: number, count: number): void
}

/** `rows`: how many rows of the vector are to be fed, which decides whether its dictionary pays. */
export function columnFeed(vector: ColumnVector, type: ColumnType, rows: number): ColumnFeed {
  switch (vector.kind) {
    case 'int64':
      return arrayFeed(type === 'timestamp' ? TIMESTAMPTZ : BIGINT, vector.values, vector.validity)
    case 'int32':
      return arrayFeed(type === 'date' ? DATE : INTEGER, vector.values, vector.validity)
    case 'double':
      return arrayFeed(DOUBLE, vector.values, vector.validity)
    case 'boolean':
      return arrayFeed(BOOLEAN, vector.values, vector.validity)
    case 'text':
      return textFeed((index) => vector.values[index] ?? '', vector.validity)
    case 'dictionary':
      return paysAsCodes(vector.dictionary, rows)
        ? codeFeed(vector.values, vector.dictionary, vector.validity)
        : textFeed((index) => vector.dictionary[vector.values[index] ?? 0] ?? '', vector.validity)
  }
}

// Types of many values take long to make, and the engine takes their names up to the first NUL.
function paysAsCodes(dictionary: readonly string[], rows: number): boolean {
  return dictionary.length * 3 <= rows && !dictionary.some((value) => value.includes('\0'))
}

type NumberArray = BigInt64Array | Int32Array | Float64Array | Uint8Array | Uint16Array | Uint32Array

function arrayFeed(type: DuckDBType, values: NumberArray, validity: Validity, isCoded = false): ColumnFeed {
  const width = values.BYTES_PER_ELEMENT
  const buffer = values.buffer as ArrayBuffer
  return {
    type,
    isCoded,
    fill(target, start, count) {
      duckdb.copy_data_to_vector(target, 0, buffer, values.byteOffset + start * width, count * width)
      fillValidity(target, validity, start, count)
    },
  }
}

function codeFeed(codes: Uint32Array, dictionary: readonly string[], validity: Validity): ColumnFeed {
  // The engine's own width of codes, by the number of names.
  const narrow =
    dictionary.length <= 255 ? Uint8Array.from(codes) : dictionary.length <= 65_535 ? Uint16Array.from(codes) : codes
  return arrayFeed(ENUM(dictionary), narrow, validity, true)
}

function textFeed(valueAt: (index: number) => string, validity: Validity): ColumnFeed {
  return {
    type: VARCHAR,
    isCoded: false,
    fill(target, start, count) {
      for (let row = 0; row < count; row++) {
        const index = start + row
        if (validity !== null && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) continue
        const text = valueAt(index)
        if (text.includes('\0')) duckdb.vector_assign_string_element_len(target, row, Buffer.from(text))
        else duckdb.vector_assign_string_element(target, row, text)
      }
      fillValidity(target, validity, start, count)
    },
  }
}

function fillValidity(target: duckdb.Vector, validity: Validity, start: number, count: number): void {
  if (validity === null) return
  const words = ((count + 63) >> 6) << 3
  const from = start >> 3
  // A bitmap that is not padded to words is copied, so that nothing behind it is read.
  const bits =
    from + words <= validity.length ? validity.subarray(from, from + words) : padded(validity.subarray(from), words)
  duckdb.vector_ensure_validity_writable(target)
  duckdb.copy_data_to_vector_validity(target, 0, bits.buffer as ArrayBuffer, bits.byteOffset, words)
}

function padded(bits: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  copy.set(bits.subarray(0, length))
  return copy
}
