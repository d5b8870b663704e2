import type { ColumnDefinition } from '../log/column-definition.ts'
import { isDecimal, isNested } from '../log/column-type.ts'
import type { Limits } from '../log/limits.ts'
import { binaryBuilder } from './binary-builder.ts'
import { booleanBuilder } from './boolean-builder.ts'
import { decimalBuilder } from './decimal-builder.ts'
import { doubleBuilder } from './double-builder.ts'
import { int64Builder, timestampBuilder } from './int64-builder.ts'
import { dateBuilder, wholeBuilder } from './integer-builder.ts'
import { jsonBuilder } from './json-builder.ts'
import type { ColumnVector } from './log-batch.ts'
import { nestedBuilder } from './nested-builder.ts'
import { stringBuilder } from './string-builder.ts'

/** Takes the values of one column, one after the other. Undefined counts as null. */
export interface ColumnBuilder {
  /** Appends `value`, or says what was expected in its place and appends nothing. */
  add(value: unknown): string | undefined
  addNull(): void
  /**
   * Appends the values at `start` up to `end`, and stops before the first that does not fit: returns its position, or `end`.
   * The builders repeat this loop: shared code would run it at the speed of a call per value.
   */
  addAll(values: readonly unknown[], start: number, end: number): number
  /** Of the values so far. The builder is spent, or begins anew with {@link clear}. */
  finish(): ColumnVector
  /** Forgets the values; the memory of the finished vector is used again. */
  clear(): void
}

export interface BuilderOptions {
  /** How many values will come, where it is known: nothing is copied while the column grows. */
  readonly expectedRows?: number
  /** Of text and numbers. Default none. */
  readonly limits?: Limits
}

const LEAST_ROWS = 64

/** The builder for a column of that type; does not look at nullability. */
export function columnBuilder(
  { type }: Pick<ColumnDefinition, 'type'>,
  { expectedRows = 0, limits = NO_LIMITS }: BuilderOptions = {},
): ColumnBuilder {
  const rows = Math.max(LEAST_ROWS, expectedRows)
  if (isDecimal(type)) return decimalBuilder(type, limits)
  if (isNested(type)) return nestedBuilder(type)
  switch (type) {
    case 'string':
      return stringBuilder(rows, limits)
    case 'json':
      return jsonBuilder()
    case 'int64':
      return int64Builder(rows, limits)
    case 'int32':
    case 'int16':
    case 'int8':
      return wholeBuilder(type, rows, limits)
    case 'binary':
      return binaryBuilder()
    case 'timestamp':
      return timestampBuilder(rows)
    case 'date':
      return dateBuilder(rows)
    case 'double':
    case 'float':
      return doubleBuilder(rows, limits)
    case 'boolean':
      return booleanBuilder(rows)
  }
}

const NO_LIMITS: Limits = {
  min: Number.NEGATIVE_INFINITY,
  max: Number.POSITIVE_INFINITY,
  finiteOnly: false,
  notEmpty: false,
  oneOf: undefined,
}
