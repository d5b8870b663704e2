import type { ColumnDefinition } from '../log/column-definition.ts'

/**
 * Which values are there: bit `i % 8` of byte `i >> 3` is set where value `i` is not null (the layout of Arrow). `null` when all are there.
 * Bytes are padded to a multiple of 8, so that the bitmap can be read as 64-bit words.
 */
export type Validity = Uint8Array | null

interface VectorOf<Kind extends string, Values> {
  readonly kind: Kind
  readonly values: Values
  readonly validity: Validity
}

/**
 * The values of one column. If a value is null the slot holds 0, '', no bytes or code 0.
 * - `int64`: int64, and timestamps as microseconds since 1970 in UTC
 * - `int32`: int32, int16 and int8, and dates as days since 1970
 * - `double`: double and float; `boolean`: one byte each, 0 or 1
 * - `decimal`: the unscaled numbers, whose scale the column's type says; `binary`: bytes
 * - `text`: string, json and nested types, one by one; `dictionary`: string, each value an index into `dictionary`
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

/** Rows in columns: what storages take and give. Never mutated once made. */
export interface LogBatch {
  readonly rowCount: number
  readonly columns: readonly ColumnDefinition[]
  /** One vector per column, in the order of `columns`. */
  readonly vectors: readonly ColumnVector[]
}
