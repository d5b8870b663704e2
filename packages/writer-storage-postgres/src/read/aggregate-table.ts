import type { AggregateQuery, AggregateRow, ColumnDefinition } from '@forge/writer-core'
import { batchRows } from '@forge/writer-core'
import { aggregateBatches, aggregateColumns, queryColumns } from '@forge/writer-core/storage'
import type { Session, SqlValue, TextRow } from '../connection/connections.ts'
import { errorCode } from '../connection/server-errors.ts'
import { compileAggregate } from '../sql/compile-aggregate.ts'
import { splitPredicate } from '../sql/compile-predicate.ts'
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
  const compiled = compileAggregate(query, { columns: state.columns, list, mayFail: true }, state.sqlName)
  const rows = compiled && (await computeOnServer(session, compiled, list.values))
  if (rows && !hasDoubtful(rows, output, query)) return [...batchRows(textBatch(output, rows))]
  return aggregateSelected(session, state, query)
}

/** Runs a query of the server. Resolves with undefined if core must compute it: the server fails although core has a result, as in a sum that overflows. */
async function computeOnServer(
  session: Session,
  sql: string,
  values: readonly SqlValue[],
): Promise<readonly TextRow[] | undefined> {
  await session.run('savepoint figures')
  try {
    return await session.rows(sql, values)
  } catch (error) {
    if (!errorCode(error)?.startsWith('22')) throw error
    await session.run('rollback to savepoint figures')
    return undefined
  }
}

/** Returns true if a quantile is not finite: between infinite values, the server interpolates in another way than core. */
function hasDoubtful(rows: readonly TextRow[], output: readonly ColumnDefinition[], query: AggregateQuery): boolean {
  const quantiles = new Set(query.measures.flatMap(({ fn, as }) => (fn === 'quantile' ? [as] : [])))
  const places = output.flatMap(({ name }, at) => (quantiles.has(name) ? [at] : []))
  return rows.some((row) => places.some((at) => NOT_FINITE.has(row[at] ?? '')))
}

const NOT_FINITE = new Set(['NaN', 'Infinity', '-Infinity'])

function aggregateSelected(session: Session, state: TableShape, query: AggregateQuery): Promise<AggregateRow[]> {
  const { columns } = state
  let innermost = query
  while (innermost.from) innermost = innermost.from
  const list = parameterList()
  const where = innermost.where && splitPredicate(innermost.where, { columns, list })
  const needed = new Set(namedColumns(queryColumns(innermost), columns))
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
