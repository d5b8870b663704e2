import type { ColumnDefinition } from '../log/column-definition.ts'
import { booleanBuilder } from './boolean-builder.ts'
import { doubleBuilder } from './double-builder.ts'
import { dateBuilder, int32Builder, int64Builder, timestampBuilder } from './integer-builder.ts'
import type { ColumnVector } from './log-batch.ts'
import { jsonBuilder, stringBuilder } from './text-builder.ts'

/** Takes the values of one column, one after the other. */
export interface ColumnBuilder {
  /** Appends `value`, or says what was expected in its place and appends nothing. Undefined counts as null. */
  add(value: unknown): string | undefined
  addNull(): void
  /** Of the values so far. The builder is spent. */
  finish(): ColumnVector
}

const LEAST_ROWS = 64

/** The builder for a column of that type; does not look at nullability or at limits. Where the rows are known, nothing is copied while it grows. */
export function columnBuilder({ type }: Pick<ColumnDefinition, 'type'>, expectedRows = 0): ColumnBuilder {
  return builderOf(type, Math.max(LEAST_ROWS, expectedRows))
}

function builderOf(type: ColumnDefinition['type'], expectedRows: number): ColumnBuilder {
  switch (type) {
    case 'string':
      return stringBuilder(expectedRows)
    case 'json':
      return jsonBuilder()
    case 'int64':
      return int64Builder(expectedRows)
    case 'int32':
      return int32Builder(expectedRows)
    case 'timestamp':
      return timestampBuilder(expectedRows)
    case 'date':
      return dateBuilder(expectedRows)
    case 'double':
    case 'float':
      return doubleBuilder(expectedRows)
    case 'boolean':
      return booleanBuilder(expectedRows)
  }
}
