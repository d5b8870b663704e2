import {
  and,
  type ColumnDefinition,
  call,
  column as columnOf,
  eq,
  isNotNull,
  matches,
  type Predicate,
} from '@forge/writer-core'
import { findColumn, isDecimal, isNested, unknownColumns } from '@forge/writer-core/storage'
import { z } from 'zod'
import type { RowRuleOptions, Rule } from '../rule.ts'
import { COLUMN, MOSTLY, ruleKind } from '../rule-kind.ts'

const TYPES = ['integer', 'number', 'boolean', 'timestamp', 'date', 'uuid', 'text'] as const
export type ValueType = (typeof TYPES)[number]

export interface TypeOptions extends RowRuleOptions {
  readonly type: ValueType
}

/**
 * Requires that the value can be read as this type: a text by its form (times as ISO 8601), a number as `integer` if it has no fraction. If the type
 * of the column can never hold such values, every row fails. Null passes unjudged. Great Expectations compares the type of the column, and accepts
 * more forms of times than ISO 8601.
 */
export function type<const Column extends string>(column: Column, options: TypeOptions): Rule<Column> {
  return TYPE.make(options, { column })
}

export const TYPE = ruleKind('type', {
  options: { column: COLUMN, type: z.enum(TYPES), ...MOSTLY },
  make: ({ column, type: wanted }) => ({
    columns: [column],
    description: `${column} can be read as ${wanted}`,
    check: { kind: 'row', passes: (columns) => readable(column, wanted, columns), applies: isNotNull(column) },
  }),
})

const DATE = String.raw`\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])`
const TIME = String.raw`([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d+)?)?`

const WRITTEN: Readonly<Record<Exclude<ValueType, 'text'>, string>> = {
  integer: String.raw`^[+-]?\d+$`,
  number: String.raw`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$`,
  boolean: '^(?i:true|false)$',
  timestamp: `^${DATE}[T ]${TIME}(Z|[+-]\\d{2}(:?\\d{2})?)?$`,
  date: `^${DATE}$`,
  uuid: '^(?i:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$',
}

function readable(column: string, wanted: ValueType, columns: readonly ColumnDefinition[]): Predicate {
  const stored = findColumn(column, columns)
  if (!stored) throw unknownColumns([column], columns)
  if (isDecimal(stored.type)) return wanted === 'integer' ? isWhole(column) : wanted === 'number' ? YES : NO
  if (isNested(stored.type)) return wanted === 'text' ? YES : NO
  switch (stored.type) {
    case 'string':
    case 'json':
      return wanted === 'text' ? YES : matches(column, WRITTEN[wanted])
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
      return wanted === 'integer' || wanted === 'number' ? YES : NO
    case 'double':
    case 'float':
      return wanted === 'integer' ? isWhole(column) : wanted === 'number' ? YES : NO
    case 'boolean':
    case 'timestamp':
    case 'date':
    case 'binary':
      return wanted === stored.type ? YES : NO
  }
}

const YES: Predicate = { op: 'true' }
const NO: Predicate = { op: 'false' }

function isWhole(column: string): Predicate {
  return and(eq(call('isFinite', column), true), eq(call('floor', column), columnOf(column)))
}
