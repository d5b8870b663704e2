import type { Predicate } from '../predicate/predicate.ts'

export interface OrderBy {
  readonly column: string
  /** Default false: ascending. */
  readonly descending?: boolean
  /** Default `last`, whatever the direction. */
  readonly nulls?: 'first' | 'last'
}

export interface ScanQuery {
  /** Columns in this order; default all, as stored. Unknown names are a WriterSchemaError. */
  readonly columns?: readonly string[]
  readonly where?: Predicate
  /** Without it the order is not defined. */
  readonly orderBy?: readonly OrderBy[]
  readonly limit?: number
  readonly offset?: number
  /** Most rows in one yielded batch. Default: the storage's. */
  readonly batchRows?: number
  readonly signal?: AbortSignal
}
