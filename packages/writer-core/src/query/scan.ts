import type { Predicate } from '../predicate/predicate.ts'

export interface OrderBy {
  readonly column: string
  /** True if the order is descending. Default false. */
  readonly descending?: boolean | undefined
  /** The position of nulls, in either direction. Default `last`. */
  readonly nulls?: 'first' | 'last' | undefined
}

export interface ScanQuery {
  /** The columns, in this order. Default: all columns, as stored. An unknown name is a WriterSchemaError. */
  readonly columns?: readonly string[] | undefined
  readonly where?: Predicate | undefined
  /** The order of rows. Default: the order is undefined. */
  readonly orderBy?: readonly OrderBy[] | undefined
  readonly limit?: number | undefined
  readonly offset?: number | undefined
  /** Maximum number of rows per yielded batch. Default: that of the storage. */
  readonly batchRows?: number | undefined
  readonly signal?: AbortSignal | undefined
}
