import type { ColumnDefinition } from '../column/column-definition.ts'
import { isDecimal, isNested } from '../column/column-type.ts'
import type { Limits } from '../column/limits.ts'
import { binaryBuilder } from './binary-builder.ts'
import { booleanBuilder } from './boolean-builder.ts'
import type { ColumnBuilder } from './builder.ts'
import { decimalBuilder } from './decimal-builder.ts'
import { doubleBuilder } from './double-builder.ts'
import { int64Builder, timestampBuilder } from './int64-builder.ts'
import { dateBuilder, wholeBuilder } from './integer-builder.ts'
import { jsonBuilder } from './json-builder.ts'
import { nestedBuilder } from './nested-builder.ts'
import { stringBuilder } from './string-builder.ts'

export interface BuilderOptions {
  /** Number of values to come, if known: the builder then allocates once and does not copy while it grows. */
  readonly expectedRows?: number | undefined
  /** The limits of text and numbers. Default: no limits. */
  readonly limits?: Limits | undefined
}

const MIN_ROWS = 64

/** Creates the builder for a column of this type. It does not check nullability. */
export function columnBuilder(
  { type }: Pick<ColumnDefinition, 'type'>,
  { expectedRows = 0, limits = NO_LIMITS }: BuilderOptions = {},
): ColumnBuilder {
  const rows = Math.max(MIN_ROWS, expectedRows)
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
