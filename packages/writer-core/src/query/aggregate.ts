import type { Value } from '../column/column-type.ts'
import type { Expression, Predicate } from '../predicate/predicate.ts'
import type { OrderBy } from './scan.ts'

/**
 * The length of a time bucket. Hours follow the instant; days, weeks (from Monday) and months start at local midnight of `timeZone`, so that a day
 * has 23 or 25 hours when the clocks change. If midnight occurs twice, the first one starts the day; if the clocks skip it, the moment of the change
 * does.
 */
export type TimeBucket = 'hour' | 'day' | 'week' | 'month'

/** A part of a timestamp in `timeZone`: `hourOfDay` 0-23, `dayOfWeek` 1 (Monday) to 7, `dayOfMonth` 1-31. */
export type TimePart = 'hourOfDay' | 'dayOfWeek' | 'dayOfMonth'

/**
 * A key of a group; `as` names the output column. `of` is the timestamp of a bucket or part: the name of a column, or an expression. The value of a
 * time bucket is the timestamp at which it starts.
 */
export type GroupKey =
  | { readonly as: string; readonly by: Expression }
  | {
      readonly as: string
      readonly bucket: TimeBucket
      readonly of: string | Expression
      readonly timeZone?: string | undefined
    }
  | {
      readonly as: string
      readonly part: TimePart
      readonly of: string | Expression
      readonly timeZone?: string | undefined
    }

/**
 * One figure per group. Nulls are ignored, as in SQL; without values the figure is null, and counts are 0.
 * - `count` without `of` counts rows; `countDistinct` takes one or more expressions (tuples with a null are ignored)
 * - `sum` of decimals is exact (WriterSchemaError beyond 128 bits); `sum` of int64 is exact up to 2^53 and a double beyond, as is `avg`
 * - `stddev` and `variance` are those of a sample (null for fewer than 2 values, WriterSchemaError for values that are not finite)
 * - `quantile` interpolates linearly (`quantile_cont`), `q` is 0-1; `mad` is the median absolute deviation, unscaled
 * - `approximate` allows a storage to answer `countDistinct` and `quantile` with a sketch; default false
 * - `hashed` allows a storage to answer `countDistinct` by hashes of the values in less memory: never more than the exact number, and fewer only if
 *   hashes collide; default false
 * - `argMax` and `argMin` return `of` in the row with the greatest or least non-null `by` (the value may be null); for ties any of the rows
 * - `any` and `all` take a boolean expression
 * - `where` counts only matching rows
 */
export type Measure = { readonly as: string; readonly where?: Predicate | undefined } & (
  | { readonly fn: 'count'; readonly of?: Expression | undefined }
  | {
      readonly fn: 'countDistinct'
      readonly of: Expression | readonly Expression[]
      readonly approximate?: boolean | undefined
      readonly hashed?: boolean | undefined
    }
  | {
      readonly fn: 'sum' | 'avg' | 'min' | 'max' | 'stddev' | 'variance' | 'mad' | 'any' | 'all'
      readonly of: Expression
    }
  | { readonly fn: 'quantile'; readonly of: Expression; readonly q: number; readonly approximate?: boolean | undefined }
  | { readonly fn: 'argMax' | 'argMin'; readonly of: Expression; readonly by: Expression }
)

/** A query for grouped figures. `from` aggregates the output of another query instead of the table's rows, so that runs can be counted from steps. */
export interface AggregateQuery {
  readonly from?: AggregateQuery | undefined
  readonly where?: Predicate | undefined
  /** The keys. Without keys there is exactly one group, even without rows. */
  readonly groupBy?: readonly GroupKey[] | undefined
  readonly measures: readonly Measure[]
  /** The order, by output names. Default: the order is undefined. */
  readonly orderBy?: readonly OrderBy[] | undefined
  readonly limit?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A result row, keyed by the `as` of keys and measures. */
export type AggregateRow = Readonly<Record<string, Value>>
