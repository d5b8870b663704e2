import type { ColumnDefinition } from '../column/column-definition.ts'

/**
 * A bitmap of the values that are not null: bit `i % 8` of byte `i >> 3` is set if value `i` is not null (the layout of Arrow). `null` if no value is
 * null. Its size is a multiple of 8 bytes, so that it can be read as 64-bit words.
 */
export type Validity = Uint8Array | null

interface VectorOf<Kind extends string, Values> {
  readonly kind: Kind
  readonly values: Values
  readonly validity: Validity
}

/**
 * The values of one column. The slot of a null holds 0, '', no bytes or code 0.
 * - `int64`: int64 values, and timestamps as microseconds since 1970 in UTC
 * - `int32`: int32, int16 and int8 values, and dates as days since 1970
 * - `double`: double and float values; `boolean`: one byte per value, 0 or 1
 * - `decimal`: unscaled numbers, with the scale of the column's type; `binary`: bytes
 * - `text`: string, json and nested values; `dictionary`: strings, each value an index into `dictionary`
 */
export type ColumnVector =
  | VectorOf<'int64', BigInt64Array>
  | VectorOf<'int32', Int32Array>
  | VectorOf<'double', Float64Array>
  | VectorOf<'boolean', Uint8Array>
  | VectorOf<'decimal', readonly bigint[]>
  | VectorOf<'binary', readonly Uint8Array[]>
  | VectorOf<'text', readonly string[]>
  | (VectorOf<'dictionary', Uint32Array> & { readonly dictionary: readonly string[] })

/** Rows in columnar form, as storages read and write them. A batch is immutable. */
export interface LogBatch {
  readonly rowCount: number
  readonly columns: readonly ColumnDefinition[]
  /** The vectors, one per column, in the order of `columns`. */
  readonly vectors: readonly ColumnVector[]
}
