import {
  and,
  type ColumnDefinition,
  eq,
  isNull,
  type Literal,
  or,
  type Predicate,
  parsePredicate,
} from '@forge/writer-core'
import { assertPredicate, findColumn, unknownColumns } from '@forge/writer-core/storage'

/**
 * The filter of rows: a predicate, its text, or columns with the value (or a list of values) that they must have. All columns must match; null
 * matches null.
 */
export type RowFilters = Readonly<Record<string, Literal | readonly Literal[]>> | Predicate | string

/**
 * Returns the predicate of the filters; undefined if they match every row. Throws WriterSchemaError for columns that the table does not have and
 * values of another type, WriterConfigurationError for text that is not a condition.
 */
export function filterPredicate(
  filters: RowFilters | undefined,
  columns: readonly ColumnDefinition[],
): Predicate | undefined {
  if (filters === undefined) return undefined
  const predicate =
    typeof filters === 'string'
      ? parsePredicate(filters)
      : isPredicate(filters)
        ? filters
        : equalities(filters, columns)
  if (predicate === undefined) return undefined
  assertPredicate(predicate, columns)
  return predicate
}

function equalities(
  filters: Readonly<Record<string, Literal | readonly Literal[]>>,
  columns: readonly ColumnDefinition[],
): Predicate | undefined {
  const names = Object.keys(filters)
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  const conditions = Object.entries(filters).map(([name, value]) =>
    or(...(isList(value) ? value : [value]).map((each) => (each === null ? isNull(name) : eq(name, each)))),
  )
  return conditions.length === 0 ? undefined : and(...conditions)
}

function isList(value: Literal | readonly Literal[]): value is readonly Literal[] {
  return Array.isArray(value)
}

/** Returns whether the filters are a predicate. A filter on a column named `op` has a value and nothing else. */
function isPredicate(filters: Exclude<RowFilters, string>): filters is Predicate {
  return 'op' in filters && typeof filters.op === 'string' && OPERATORS.has(filters.op)
}

const OPERATORS: ReadonlySet<string> = new Set<Predicate['op']>([
  'true',
  'false',
  'and',
  'or',
  'not',
  'compare',
  'in',
  'between',
  'isNull',
  'like',
  'matches',
])
