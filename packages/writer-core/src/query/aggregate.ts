import type { Value } from '../log/row.ts'
import type { Expression, Predicate } from '../predicate/predicate.ts'
import type { OrderBy } from './scan.ts'

/**
 * Length of a time bucket. Hours follow the instant; days, weeks (from Monday) and months start at local midnight of `timeZone`, so that a day is
 * 23 or 25 hours long where the clocks change. Where they show midnight twice the later one counts, where they jump over it the moment of the jump.
 */
export type TimeBucket = 'hour' | 'day' | 'week' | 'month'

/** A part of a timestamp in `timeZone`: `hourOfDay` 0-23, `dayOfWeek` 1 (Monday) to 7, `dayOfMonth` 1-31. */
export type TimePart = 'hourOfDay' | 'dayOfWeek' | 'dayOfMonth'

/**
 * What groups are made of; `as` names the output column. Buckets and parts are `of` a timestamp: a column by its name, or an expression. Time buckets
 * come out as the timestamp at which the bucket starts.
 */
export type GroupKey =
  | { readonly as: string; readonly by: Expression }
  | { readonly as: string; readonly bucket: TimeBucket; readonly of: string | Expression; readonly timeZone?: string }
  | { readonly as: string; readonly part: TimePart; readonly of: string | Expression; readonly timeZone?: string }

/**
 * One figure per group. Nulls are left out, as in SQL; over no values the figure is null, counts are 0.
 * - `count` without `of` counts rows; `countDistinct` takes one or several expressions (tuples with a null are left out)
 * - `sum` of decimals is exact (WriterSchemaError beyond 128 bits), of int64 up to 2^53 and a double beyond, as `avg` is; `stddev` and `variance` are of the sample (null under 2 values,
 *   WriterSchemaError for values that are not finite)
 * - `quantile` interpolates linearly (`quantile_cont`), `q` in 0-1; `mad` is the median absolute deviation, unscaled
 * - `approximate` lets a storage answer `countDistinct` and `quantile` by a sketch; default false
 * - `argMax` and `argMin` give `of` in the row with the greatest or least `by` that is not null (the value may be null); ties: any
 * - `any` and `all` of a boolean expression
 * - `where` counts only rows that fulfil it
 */
export type Measure = { readonly as: string; readonly where?: Predicate } & (
  | { readonly fn: 'count'; readonly of?: Expression }
  | { readonly fn: 'countDistinct'; readonly of: Expression | readonly Expression[]; readonly approximate?: boolean }
  | {
      readonly fn: 'sum' | 'avg' | 'min' | 'max' | 'stddev' | 'variance' | 'mad' | 'any' | 'all'
      readonly of: Expression
    }
  | { readonly fn: 'quantile'; readonly of: Expression; readonly q: number; readonly approximate?: boolean }
  | { readonly fn: 'argMax' | 'argMin'; readonly of: Expression; readonly by: Expression }
)

/** Grouped figures. `from` aggregates the output of another query in place of the table's rows, so that runs can be counted from steps. */
export interface AggregateQuery {
  readonly from?: AggregateQuery
  readonly where?: Predicate
  /** Without keys there is exactly one group, also over no rows. */
  readonly groupBy?: readonly GroupKey[]
  readonly measures: readonly Measure[]
  /** By output names. Without it the order is not defined. */
  readonly orderBy?: readonly OrderBy[]
  readonly limit?: number
  readonly signal?: AbortSignal
}

/** Keyed by the `as` of keys and measures. */
export type AggregateRow = Readonly<Record<string, Value>>
