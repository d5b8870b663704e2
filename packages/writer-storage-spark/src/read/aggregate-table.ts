import type { AggregateQuery, AggregateRow, ColumnDefinition, Expression, Measure } from '@forge/writer-core'
import { batchRows } from '@forge/writer-core'
import {
  aggregateBatches,
  aggregateColumns,
  exactShape,
  expressionType,
  isDecimal,
  queryColumns,
} from '@forge/writer-core/storage'
import { sqlTypeOf } from '../plan/column-types.ts'
import { compileColumn, compilePredicate, splitPredicate } from '../plan/compile-predicate.ts'
import { alias, call, callDistinct, cast, literal, type PlanExpression } from '../plan/expressions.ts'
import { aggregate, filter, type PlanRelation } from '../plan/relations.ts'
import { queryBatches, type ReadWays } from '../query/run-query.ts'
import type { TableState } from '../table/table-state.ts'
import { selectRows } from './scan-table.ts'
import { namedColumns } from './selected-columns.ts'

/**
 * Computes grouped figures. The server computes them if it returns the same values as core; otherwise core computes them from the rows that the
 * server selects.
 */
export async function aggregateTable(
  ways: ReadWays,
  state: TableState,
  query: AggregateQuery,
): Promise<AggregateRow[]> {
  const output = aggregateColumns(query, state.columns)
  query.signal?.throwIfAborted()
  if (!state.exists) return aggregateBatches([], query, state.columns)
  const compiled = compileAggregate(query, state, output)
  if (compiled === undefined) return aggregateSelected(ways, state, query)
  const rows: AggregateRow[] = []
  const { signal } = query
  const options = { signal, reconnectMs: ways.reconnectMs }
  for await (const batch of queryBatches(ways.session, compiled, output, options)) rows.push(...batchRows(batch))
  return rows
}

function aggregateSelected(ways: ReadWays, state: TableState, query: AggregateQuery): Promise<AggregateRow[]> {
  const { columns } = state
  let innermost = query
  while (innermost.from) innermost = innermost.from
  const where = innermost.where && splitPredicate(innermost.where, columns)
  const needed = new Set(namedColumns(queryColumns(innermost), columns))
  const rows = selectRows(
    ways,
    state,
    where ? filter(state.rows, where.condition) : state.rows,
    columns.filter((column) => needed.has(column)),
    query,
  )
  return aggregateBatches(rows, query, columns)
}

/** Returns the query as a relation; undefined if the server would compute another result for a part of it. */
function compileAggregate(
  query: AggregateQuery,
  { columns, rows }: TableState,
  output: readonly ColumnDefinition[],
): PlanRelation | undefined {
  const { from, where, groupBy = [], measures, orderBy = [], limit } = query
  if (from || orderBy.length > 0 || limit !== undefined) return undefined
  const keys: PlanExpression[] = []
  for (const [at, key] of groupBy.entries()) {
    const compiled = 'by' in key ? compileKey(key.by, columns) : undefined
    if (compiled === undefined) return undefined
    keys.push(alias(asOutput(compiled, output[at]), `k${at}`))
  }
  const figures: PlanExpression[] = []
  for (const [at, measure] of measures.entries()) {
    const compiled = compileMeasure(measure, columns)
    if (compiled === undefined) return undefined
    figures.push(alias(asOutput(compiled, output[groupBy.length + at]), `m${at}`))
  }
  const condition = where && compilePredicate(where, columns)
  if (where && condition === undefined) return undefined
  return aggregate(condition ? filter(rows, condition) : rows, keys, figures)
}

/** Converts a figure to the type that the result has. */
function asOutput(value: PlanExpression, column: ColumnDefinition | undefined): PlanExpression {
  return column ? cast(value, sqlTypeOf(column.type)) : value
}

const PLAIN_KEYS = new Set(['string', 'int64', 'int32', 'int16', 'int8', 'double', 'boolean', 'timestamp'])
const ORDERED = new Set(['string', 'int64', 'int32', 'int16', 'int8', 'double', 'timestamp', 'date'])

function compileKey(by: Expression, columns: readonly ColumnDefinition[]): PlanExpression | undefined {
  const type = expressionType(by, columns)
  return type !== undefined && PLAIN_KEYS.has(type) ? compileColumn(by, columns) : undefined
}

function compileMeasure(measure: Measure, columns: readonly ColumnDefinition[]): PlanExpression | undefined {
  const condition = measure.where && compilePredicate(measure.where, columns)
  if (measure.where && condition === undefined) return undefined
  // A figure of the matching rows is one of values that are null in the others.
  const only = (value: PlanExpression) => (condition ? call('if', condition, value, NOTHING) : value)
  if (measure.fn === 'count' && measure.of === undefined)
    return call('count', only(literal({ case: 'integer', value: 1 })))
  const of = measure.of === undefined || Array.isArray(measure.of) ? undefined : (measure.of as Expression)
  const value = of && compileColumn(of, columns)
  const type = of && expressionType(of, columns)
  if (value === undefined || type === undefined) return undefined
  switch (measure.fn) {
    case 'count':
      return call('count', only(value))
    case 'countDistinct':
      return callDistinct('count', only(value))
    case 'sum': {
      if (!exactShape(type) || isDecimal(type)) return undefined
      // Whole numbers are added without overflow, and rounded once.
      return cast(call('sum', cast(only(value), 'decimal(20,0)')), 'double')
    }
    case 'min':
    case 'max':
      return ORDERED.has(type) ? call(measure.fn, only(value)) : undefined
    case 'any':
      return call('bool_or', only(value))
    case 'all':
      return call('bool_and', only(value))
    default:
      return undefined
  }
}

const NOTHING = literal({ case: 'null', value: { kind: { case: 'null', value: {} } } })
