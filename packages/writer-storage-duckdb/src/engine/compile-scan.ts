import type { ColumnDefinition, OrderBy, ScanQuery } from '@forge/writer-core'
import { assertPredicate, assertScan, findColumn, unknownColumns } from '@forge/writer-core/storage'
import { compileCondition } from './compile-predicate.ts'
import { quoteIdentifier } from './identifiers.ts'
import { type ParameterList, parameterList, type SqlParameter, type SqlQuery } from './parameters.ts'

/** A source for a `from` clause: a quoted table name, `read_parquet($1)`, or a query in parentheses. */
export interface Relation {
  readonly sql: string
  readonly columns: readonly ColumnDefinition[]
  /** Values that `sql` uses. Default: no values. */
  readonly params?: readonly SqlParameter[] | undefined
}

export interface ScanStatement extends SqlQuery {
  /** Columns of the result, in order. */
  readonly columns: readonly ColumnDefinition[]
}

/** Compiles a scan to one `select`. Throws WriterSchemaError that names every unknown column. */
export function compileScan(relation: Relation, query: ScanQuery = {}): ScanStatement {
  assertScan(query)
  const columns = selectedColumns(relation.columns, query.columns)
  if (query.where) assertPredicate(query.where, relation.columns)
  const list = parameterList(relation.params)
  const parts = [`select ${columns.map(({ name }) => quoteIdentifier(name)).join(', ')}`, `from ${relation.sql}`]
  if (query.where) parts.push(`where ${compileCondition(query.where, { columns: relation.columns, list })}`)
  parts.push(...orderAndLimit(query, relation.columns, list))
  return { sql: parts.join('\n'), params: list.values, columns }
}

/** Returns the clauses for order (by names of `columns`), limit and offset. */
export function orderAndLimit(
  { orderBy = [], limit, offset }: Pick<ScanQuery, 'orderBy' | 'limit' | 'offset'>,
  columns: readonly ColumnDefinition[],
  list: ParameterList,
): string[] {
  const parts: string[] = []
  selectedColumns(
    columns,
    orderBy.map(({ column }) => column),
  )
  if (orderBy.length > 0) parts.push(`order by ${orderBy.map(orderSql).join(', ')}`)
  if (limit !== undefined) parts.push(`limit ${list.add(BigInt(limit), 'bigint')}`)
  if (offset !== undefined) parts.push(`offset ${list.add(BigInt(offset), 'bigint')}`)
  return parts
}

function selectedColumns(
  columns: readonly ColumnDefinition[],
  names: readonly string[] | undefined,
): readonly ColumnDefinition[] {
  if (names === undefined) return columns
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  // The engine ignores letter case in names. The result has the names as the query spells them.
  return names.flatMap((name) => {
    const column = findColumn(name, columns)
    return column === undefined ? [] : [column.name === name ? column : { ...column, name }]
  })
}

function orderSql({ column, descending = false, nulls = 'last' }: OrderBy): string {
  return `${quoteIdentifier(column)} ${descending ? 'desc' : 'asc'} nulls ${nulls}`
}
