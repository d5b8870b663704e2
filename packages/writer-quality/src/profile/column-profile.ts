import type { ColumnType, Value } from '@forge/writer-core'

/** The profile of the values of one column. Figures are those of SQL over the same rows. */
export interface ColumnProfile {
  readonly name: string
  readonly type: ColumnType
  /** The number of rows with a value. */
  readonly count: number
  readonly nulls: number
  /** `nulls` of all rows, 0-1; 0 for no rows. */
  readonly nullShare: number
  /** The number of different values; a few percent off if the profile is approximate. */
  readonly distinct: number
  /** The minimum and the maximum. Null without values, and for booleans and JSON. For numbers, of the finite ones. Text is ordered by code point. */
  readonly min: Value
  readonly max: Value
  /** The figures of numbers; only for columns of numbers. */
  readonly numbers?: NumberFigures | undefined
  /** The lengths of texts in code points; only for columns of text. */
  readonly lengths?: LengthFigures | undefined
  /** The most frequent values, most frequent first, then by value. Empty if no value occurs twice, and for JSON. */
  readonly topValues: readonly TopValue[]
}

/** The figures of the finite numbers; each is null if there are too few of them. */
export interface NumberFigures {
  readonly mean: number | null
  /** The deviation of the sample; null under two values, and if a value is beyond 1e150, whose square overflows. */
  readonly stddev: number | null
  readonly quantiles: Quantiles
  /** The number of values that are NaN or infinite. */
  readonly notFinite: number
}

/** The quantiles, with linear interpolation between neighbours. */
export interface Quantiles {
  readonly p01: number | null
  readonly p05: number | null
  readonly p25: number | null
  readonly p50: number | null
  readonly p75: number | null
  readonly p95: number | null
  readonly p99: number | null
}

export interface LengthFigures {
  readonly min: number | null
  readonly max: number | null
  readonly mean: number | null
}

export interface TopValue {
  readonly value: Value
  readonly count: number
}
