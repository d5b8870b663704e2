import type { AggregateQuery, AggregateRow, Expression, Measure } from '@forge/writer-core'
import { batchRows } from '@forge/writer-core'
import {
  aggregateBatches,
  aggregateColumns,
  exactShape,
  expressionColumns,
  expressionType,
  isDecimal,
  predicateColumns,
} from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { errorCode } from '../connection/server-errors.ts'
import { type CompileScope, compileColumn, compilePredicate, splitPredicate } from '../sql/compile-predicate.ts'
import { parameterList } from '../sql/parameters.ts'
import type { TableShape } from '../table/table-state.ts'
import { namedColumns, selectRows } from './scan-table.ts'
import { textBatch } from './text-batch.ts'

/**
 * Computes grouped figures. The server computes them if it returns the same values as core; otherwise core computes them from the rows that the
 * server selects.
 */
export async function aggregateTable(
  session: Session,
  state: TableShape,
  query: AggregateQuery,
): Promise<AggregateRow[]> {
  const output = aggregateColumns(query, state.columns)
  query.signal?.throwIfAborted()
  if (!state.exists) return aggregateBatches([], query, state.columns)
  const list = parameterList()
  const compiled = compileAggregate(query, { columns: state.columns, list }, state.sqlName)
  if (compiled !== undefined) {
    await session.run('savepoint figures')
    try {
      return [...batchRows(textBatch(output, await session.rows(compiled, list.values)))]
    } catch (error) {
      // Sums of the server can overflow, and those of core do not.
      if (!errorCode(error)?.startsWith('22')) throw error
      await session.run('rollback to savepoint figures')
    }
  }
  return aggregateSelected(session, state, query)
}

function aggregateSelected(session: Session, state: TableShape, query: AggregateQuery): Promise<AggregateRow[]> {
  const { columns } = state
  let innermost = query
  while (innermost.from) innermost = innermost.from
  const list = parameterList()
  const where = innermost.where && splitPredicate(innermost.where, { columns, list })
  const needed = new Set(namedColumns(columnsOf(innermost), columns))
  const rows = selectRows(
    session,
    state,
    columns.filter((column) => needed.has(column)),
    where ? `where ${where.sql}` : '',
    list.values,
    query,
  )
  return aggregateBatches(rows, query, columns)
}

/** Returns the names of the columns that a query reads. */
function columnsOf({ where, groupBy = [], measures }: AggregateQuery): string[] {
  const keys = groupBy.flatMap((key) => {
    if ('by' in key) return [...expressionColumns(key.by)]
    return typeof key.of === 'string' ? [key.of] : [...expressionColumns(key.of)]
  })
  const figures = measures.flatMap((measure) => [
    ...(measure.where ? predicateColumns(measure.where) : []),
    ...expressionsOf(measure).flatMap((expression) => [...expressionColumns(expression)]),
  ])
  return [...(where ? predicateColumns(where) : []), ...keys, ...figures]
}

function expressionsOf(measure: Measure): Expression[] {
  const of = measure.of === undefined ? [] : Array.isArray(measure.of) ? [...measure.of] : [measure.of as Expression]
  return 'by' in measure ? [...of, measure.by] : of
}

/** Returns the query as SQL; undefined if the server would compute another result for a part of it. */
function compileAggregate(query: AggregateQuery, scope: CompileScope, sqlName: string): string | undefined {
  const { from, where, groupBy = [], measures, orderBy = [], limit } = query
  if (from || orderBy.length > 0 || limit !== undefined) return undefined
  const keys = groupBy.map((key) => ('by' in key ? compileKey(key.by, scope) : undefined))
  const figures = measures.map((measure) => compileMeasure(measure, scope))
  const condition = where && compilePredicate(where, scope)
  const selected = [...keys, ...figures]
  if (selected.includes(undefined) || (where && condition === undefined)) return undefined
  const parts = [`select ${selected.join(', ')} from ${sqlName}`]
  if (condition !== undefined) parts.push(`where ${condition}`)
  if (keys.length > 0) parts.push(`group by ${keys.map((_key, at) => at + 1).join(', ')}`)
  return parts.join(' ')
}

const PLAIN_KEYS = new Set(['string', 'int64', 'int32', 'int16', 'int8', 'double', 'boolean'])

function compileKey(by: Expression, scope: CompileScope): string | undefined {
  const type = expressionType(by, scope.columns)
  return type !== undefined && PLAIN_KEYS.has(type) ? compileColumn(by, scope) : undefined
}

function compileMeasure(measure: Measure, scope: CompileScope): string | undefined {
  const condition = measure.where && compilePredicate(measure.where, scope)
  if (measure.where && condition === undefined) return undefined
  const filter = condition === undefined ? '' : ` filter (where ${condition})`
  if (measure.fn === 'count' && measure.of === undefined) return `count(*)${filter}`
  const of = measure.of === undefined || Array.isArray(measure.of) ? undefined : (measure.of as Expression)
  const sql = of && compileColumn(of, scope)
  const type = of && expressionType(of, scope.columns)
  if (sql === undefined || type === undefined) return undefined
  switch (measure.fn) {
    case 'count':
      return `count(${sql})${filter}`
    case 'countDistinct':
      return `count(distinct ${sql})${filter}`
    case 'sum':
      return exactShape(type) && !isDecimal(type) ? `(sum(${sql})${filter})::double precision` : undefined
    case 'min':
    case 'max':
      return PLAIN_KEYS.has(type) && type !== 'boolean' ? `${measure.fn}(${sql})${filter}` : undefined
    case 'any':
      return `bool_or(${sql})${filter}`
    case 'all':
      return `bool_and(${sql})${filter}`
    default:
      return undefined
  }
}
