import {
  BIGINT,
  BLOB,
  BOOLEAN,
  DATE,
  DOUBLE,
  type DuckDBType,
  INTEGER,
  LIST,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api'
import duckdb from '@duckdb/node-bindings'
import type { ColumnDefinition, ColumnType } from '@forge/writer-core'
import type { ColumnVector, Validity } from '@forge/writer-core/storage'
import { chunkWords } from './chunk-words.ts'
import { decimalType, decimalValues } from './decimal-words.ts'

/** Copies one column of batches into the engine's vectors. */
export interface ColumnFeed {
  readonly type: DuckDBType
  /** Returns the SQL of the column's value. `name` is the name under which the column is fed. */
  sql(name: string): string
  /** Copies `count` values from `start` on into the engine's vector. */
  fill(target: duckdb.Vector, vector: ColumnVector, start: number, count: number): void
}

/** Returns the feed for vectors like this one. A feed of words takes both kinds of text, but does not pay off for few rows. */
export function columnFeed(
  { type }: Pick<ColumnDefinition, 'type'>,
  { kind }: ColumnVector,
  hasFewRows: boolean,
): ColumnFeed {
  if (kind === 'text' || kind === 'dictionary') return hasFewRows || type === 'json' ? textFeed() : wordFeed()
  if (kind === 'decimal') return decimalFeed(type)
  return kind === 'binary' ? binaryFeed() : numberFeed(NUMBERS[kind](type))
}

type NumberKind = Exclude<ColumnVector['kind'], 'text' | 'dictionary' | 'decimal' | 'binary'>

const NUMBERS: Readonly<Record<NumberKind, (type: ColumnType) => DuckDBType>> = {
  int64: (type) => (type === 'timestamp' ? TIMESTAMPTZ : BIGINT),
  int32: (type) => (type === 'date' ? DATE : INTEGER),
  double: () => DOUBLE,
  boolean: () => BOOLEAN,
}

function numberFeed(type: DuckDBType): ColumnFeed {
  return {
    type,
    sql: (name) => name,
    fill(target, { kind, values, validity }, start, count) {
      if (!ArrayBuffer.isView(values)) throw new TypeError(`numbers were expected, not ${kind}`)
      const width = values.BYTES_PER_ELEMENT
      copyValues(target, values, start * width, count * width)
      fillValidity(target, validity, start, count)
    },
  }
}

/** Feeds unscaled numbers in the width that the engine uses for their precision. */
function decimalFeed(type: ColumnType): ColumnFeed {
  return {
    type: decimalType(type),
    sql: (name) => name,
    fill(target, { kind, values, validity }, start, count) {
      if (kind !== 'decimal') throw new TypeError(`decimals were expected, not ${kind}`)
      const words = decimalValues(type, values, start, count)
      copyValues(target, words, 0, words.byteLength)
      fillValidity(target, validity, start, count)
    },
  }
}

/** Feeds binary values one by one. */
function binaryFeed(): ColumnFeed {
  return {
    type: BLOB,
    sql: (name) => name,
    fill(target, { kind, values, validity }, start, count) {
      if (kind !== 'binary') throw new TypeError(`bytes were expected, not ${kind}`)
      for (let row = 0; row < count; row++) {
        duckdb.vector_assign_string_element_len(target, row, values[start + row] ?? NO_BYTES)
      }
      fillValidity(target, validity, start, count)
    },
  }
}

const NO_BYTES = new Uint8Array(0)

/**
 * Feeds repeated text. Each word of a chunk is passed once, as an element of a list, and each row is a list of one of these elements. The engine
 * reads the first element of each row's list, which copies no text. Unlike an ENUM, the type does not depend on the words, so one statement takes any
 * number of batches.
 */
function wordFeed(): ColumnFeed {
  const words = chunkWords()
  return {
    type: LIST(VARCHAR),
    sql: (name) => `${name}[1]`,
    fill(target, vector, start, count) {
      const { rows, texts } = words.of(vector, start, count)
      duckdb.list_vector_reserve(target, texts.length)
      duckdb.list_vector_set_size(target, texts.length)
      const elements = duckdb.list_vector_get_child(target)
      for (let at = 0; at < texts.length; at++) assignText(elements, at, texts[at] ?? '')
      copyValues(target, rows, 0, count * BYTES_PER_LIST)
      fillValidity(target, vector.validity, start, count)
    },
  }
}

/** Feeds text that rarely repeats. */
function textFeed(): ColumnFeed {
  return {
    type: VARCHAR,
    sql: (name) => name,
    fill(target, vector, start, count) {
      const { validity } = vector
      for (let row = 0; row < count; row++) {
        const index = start + row
        if (validity !== null && ((validity[index >> 3] ?? 0) & (1 << (index & 7))) === 0) continue
        assignText(target, row, textAt(vector, index))
      }
      fillValidity(target, validity, start, count)
    },
  }
}

/** Two 64-bit words: offset and length. */
const BYTES_PER_LIST = 16

function textAt(vector: ColumnVector, index: number): string {
  if (vector.kind === 'text') return vector.values[index] ?? ''
  return vector.kind === 'dictionary' ? (vector.dictionary[vector.values[index] ?? 0] ?? '') : ''
}

function assignText(target: duckdb.Vector, at: number, text: string): void {
  // The simpler call stops at a NUL.
  if (text.includes('\0')) duckdb.vector_assign_string_element_len(target, at, Buffer.from(text))
  else duckdb.vector_assign_string_element(target, at, text)
}

function copyValues(target: duckdb.Vector, values: ArrayBufferView, offsetBytes: number, bytes: number): void {
  duckdb.copy_data_to_vector(target, 0, values.buffer as ArrayBuffer, values.byteOffset + offsetBytes, bytes)
}

function fillValidity(target: duckdb.Vector, validity: Validity, start: number, count: number): void {
  if (validity === null) return
  const words = ((count + 63) >> 6) << 3
  const from = start >> 3
  // A bitmap that is not padded to words is copied, so that nothing behind it is read.
  const bits =
    from + words <= validity.length ? validity.subarray(from, from + words) : padToWords(validity.subarray(from), words)
  duckdb.vector_ensure_validity_writable(target)
  duckdb.copy_data_to_vector_validity(target, 0, bits.buffer as ArrayBuffer, bits.byteOffset, words)
}

function padToWords(bits: Uint8Array, length: number): Uint8Array {
  const copy = new Uint8Array(length)
  copy.set(bits.subarray(0, length))
  return copy
}
