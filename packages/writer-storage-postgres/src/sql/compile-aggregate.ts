import type { AggregateQuery, ColumnDefinition, Expression, GroupKey, OrderBy } from '@forge/writer-core'
import { aggregateColumns, expressionType } from '@forge/writer-core/storage'
import { allOrNone } from './all-or-none.ts'
import { compileExpression } from './compile-expression.ts'
import { compileMeasure } from './compile-measure.ts'
import { type CompileScope, compilePredicate } from './compile-predicate.ts'
import { bucketSql, partSql } from './time-bucket.ts'

/**
 * Returns the query as SQL, whose values have the text form that `textBatch` reads; undefined if the server would compute another result for a part
 * of it.
 */
export function compileAggregate(query: AggregateQuery, scope: CompileScope, relation: string): string | undefined {
  const level = compileLevel(query, scope, relation)
  if (!level) return undefined
  const selected = level.columns.map((column, at) => outputSql(`f.${nameOf(at)}`, column))
  const order = orderSql(query.orderBy ?? [], level.columns, (name) => `f.${name}`)
  return [`select ${selected.join(', ')} from (${level.sql}) as f`, ...order].join(' ')
}

/** A query whose columns are called c0, c1 and so on, as names of the output may be longer than the server keeps. */
interface Level {
  readonly sql: string
  readonly columns: readonly ColumnDefinition[]
}

function compileLevel(query: AggregateQuery, table: CompileScope, relation: string): Level | undefined {
  const { from, where, groupBy = [], measures, orderBy = [], limit } = query
  const inner = from && compileLevel(from, table, relation)
  if (from && !inner) return undefined
  const scope = inner ? scopeOf(inner, table) : table
  const keys = allOrNone(groupBy.map((key) => compileKey(key, scope)))
  const figures = allOrNone(measures.map((measure) => compileMeasure(measure, scope)))
  const condition = where && compilePredicate(where, scope)
  if (!keys || !figures || (where && condition === undefined)) return undefined
  const columns = aggregateColumns(query, table.columns)
  const selected = [...keys, ...figures].map((sql, at) => `${sql} as ${nameOf(at)}`)
  const parts = [
    `select ${selected.join(', ')} from ${inner ? `(${inner.sql}) as t` : relation}`,
    ...(condition === undefined ? [] : [`where ${condition}`]),
    ...(keys.length > 0 ? [`group by ${keys.map((_key, at) => at + 1).join(', ')}`] : []),
    // The order decides only which rows a limit keeps; the whole query is ordered again.
    ...(limit === undefined ? [] : [...orderSql(orderBy, columns, (_name, at) => String(at + 1)), `limit ${limit}`]),
  ]
  return { sql: parts.join(' '), columns }
}

function nameOf(at: number): string {
  return `c${at}`
}

/** Returns the scope of the outer query, which has the same values as the scope of the table. */
function scopeOf({ columns }: Level, { list, mayFail }: CompileScope): CompileScope {
  return { columns, list, mayFail, refer: (column) => `t.${nameOf(columns.indexOf(column))}` }
}

const KEYS = new Set(['string', 'int64', 'int32', 'int16', 'int8', 'double', 'boolean', 'timestamp', 'date'])

function compileKey(key: GroupKey, scope: CompileScope): string | undefined {
  if (!('by' in key)) {
    const of: Expression = typeof key.of === 'string' ? { kind: 'column', name: key.of } : key.of
    const time = expressionType(of, scope.columns) === 'timestamp' ? compileExpression(of, scope) : undefined
    if (time === undefined) return undefined
    return 'bucket' in key
      ? bucketSql(time, key.bucket, key.timeZone, scope.list)
      : partSql(time, key.part, key.timeZone, scope.list)
  }
  const type = expressionType(key.by, scope.columns)
  if (type !== undefined && !KEYS.has(type)) return undefined
  const sql = compileExpression(key.by, scope)
  return sql && (type === 'string' || type === undefined ? `(${sql} collate "C")` : sql)
}

/** Returns the SQL of an output in the text form of its type. */
function outputSql(sql: string, { type }: ColumnDefinition): string {
  if (type === 'timestamp') return `(extract(epoch from ${sql}) * 1000000)::bigint`
  return type === 'date' ? `(${sql} - date '1970-01-01')` : sql
}

function orderSql(
  orderBy: readonly OrderBy[],
  columns: readonly ColumnDefinition[],
  refer: (name: string, at: number) => string,
): string[] {
  if (orderBy.length === 0) return []
  const terms = orderBy.map(({ column, descending = false, nulls = 'last' }) => {
    const at = columns.findIndex(({ name }) => name === column)
    return `${refer(nameOf(at), at)} ${descending ? 'desc' : 'asc'} nulls ${nulls}`
  })
  return [`order by ${terms.join(', ')}`]
}
