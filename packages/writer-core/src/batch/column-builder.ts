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

/** The builder for a column of that type; does not look at nullability or at limits. */
export function columnBuilder({ type }: Pick<ColumnDefinition, 'type'>): ColumnBuilder {
  switch (type) {
    case 'string':
      return stringBuilder()
    case 'json':
      return jsonBuilder()
    case 'int64':
      return int64Builder()
    case 'int32':
      return int32Builder()
    case 'timestamp':
      return timestampBuilder()
    case 'date':
      return dateBuilder()
    case 'double':
    case 'float':
      return doubleBuilder()
    case 'boolean':
      return booleanBuilder()
  }
}
