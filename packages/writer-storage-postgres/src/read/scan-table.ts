import type { ColumnDefinition, LogBatch, ScanQuery } from '@forge/writer-core'
import {
  assertPredicate,
  assertScan,
  findColumn,
  isNested,
  predicateColumns,
  scanBatches,
  unknownColumns,
} from '@forge/writer-core/storage'
import type { Session, SqlValue } from '../connection/connections.ts'
import { splitPredicate } from '../sql/compile-predicate.ts'
import { quoteIdentifier } from '../sql/identifiers.ts'
import { parameterList } from '../sql/parameters.ts'
import type { TableShape } from '../table/table-state.ts'
import { readSql, textBatch } from './text-batch.ts'

const FETCH_ROWS = 8192

/** Streams the rows of a scan. The server does the parts that have the same result there, and core does the rest. */
export async function* scanTable(session: Session, state: TableShape, query: ScanQuery): AsyncGenerator<LogBatch> {
  assertScan(query)
  const { columns } = state
  const asked = query.columns ?? columns.map(({ name }) => name)
  const order = (query.orderBy ?? []).map(({ column }) => column)
  namedColumns([...asked, ...order], columns)
  if (query.where) assertPredicate(query.where, columns)
  if (!state.exists) return
  const list = parameterList()
  const where = query.where && splitPredicate(query.where, { columns, list })
  if (where?.isWhole === false) {
    const names = [...asked, ...order, ...(query.where ? predicateColumns(query.where) : [])]
    const needed = columns.filter((column) => namedColumns(names, columns).includes(column))
    const rows = selectRows(session, state, needed, `where ${where.sql}`, list.values, query)
    // All columns are known to the query, and a batch may lack those that it does not use.
    yield* scanBatches(rows, query, columns)
    return
  }
  const clauses = [...(where ? [`where ${where.sql}`] : []), ...orderAndLimit(query, columns)]
  const selected = namedColumns(asked, columns).map((column, at) => ({ column, name: asked[at] ?? column.name }))
  const chosen = selected.map(({ column }) => column)
  for await (const batch of selectRows(session, state, chosen, clauses.join(' '), list.values, query)) {
    yield {
      ...batch,
      columns: selected.map(({ column, name }) => (column.name === name ? column : { ...column, name })),
    }
  }
}

/** Streams columns of the table through a cursor. */
export async function* selectRows(
  session: Session,
  { sqlName, foreign }: TableShape,
  columns: readonly ColumnDefinition[],
  clauses: string,
  values: readonly SqlValue[],
  { signal, batchRows = FETCH_ROWS }: Pick<ScanQuery, 'signal' | 'batchRows'>,
): AsyncGenerator<LogBatch> {
  signal?.throwIfAborted()
  const selected = columns.map((column) => readSql(column, foreign.has(column.name)))
  await session.run(
    `declare forge_rows no scroll cursor for select ${selected.join(', ') || '1'} from ${sqlName} ${clauses}`,
    values,
  )
  for (;;) {
    signal?.throwIfAborted()
    const rows = await session.rows(`fetch ${batchRows} from forge_rows`)
    if (rows.length > 0) yield textBatch(columns, rows)
    if (rows.length < batchRows) break
  }
  await session.run('close forge_rows')
}

/** Returns the columns of the names. Throws WriterSchemaError that names every unknown column. */
export function namedColumns(names: readonly string[], columns: readonly ColumnDefinition[]): ColumnDefinition[] {
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  return names.flatMap((name) => findColumn(name, columns) ?? [])
}

function orderAndLimit({ orderBy = [], limit, offset }: ScanQuery, columns: readonly ColumnDefinition[]): string[] {
  const terms = orderBy.map(({ column, descending = false, nulls = 'last' }) => {
    const [stored] = namedColumns([column], columns)
    const quoted = quoteIdentifier(stored?.name ?? column)
    const isText = stored?.type === 'json' || (stored !== undefined && isNested(stored.type))
    return `${isText ? `${quoted}::text collate "C"` : quoted} ${descending ? 'desc' : 'asc'} nulls ${nulls}`
  })
  return [
    ...(terms.length > 0 ? [`order by ${terms.join(', ')}`] : []),
    // The check of the query has ensured that both are whole numbers.
    ...(limit === undefined ? [] : [`limit ${limit}`]),
    ...(offset === undefined ? [] : [`offset ${offset}`]),
  ]
}
