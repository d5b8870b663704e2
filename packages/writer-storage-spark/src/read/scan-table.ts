import type { ColumnDefinition, LogBatch, ScanQuery } from '@forge/writer-core'
import {
  assertPredicate,
  assertScan,
  isNested,
  predicateColumns,
  scanBatches,
  takeRows,
} from '@forge/writer-core/storage'
import { splitPredicate } from '../plan/compile-predicate.ts'
import { attribute, orderBy, type PlanExpression, type PlanOrder } from '../plan/expressions.ts'
import {
  filter,
  limit as limitRows,
  offset as offsetRows,
  type PlanRelation,
  project,
  sort,
} from '../plan/relations.ts'
import { queryBatches, type ReadWays } from '../query/run-query.ts'
import type { TableState } from '../table/table-state.ts'

import { namedColumns, readExpression } from './selected-columns.ts'

/** Streams the rows of a scan. The server does the parts that have the same result there, and core does the rest. */
export async function* scanTable(ways: ReadWays, state: TableState, query: ScanQuery): AsyncGenerator<LogBatch> {
  assertScan(query)
  const { columns } = state
  const asked = query.columns ?? columns.map(({ name }) => name)
  const order = (query.orderBy ?? []).map(({ column }) => column)
  namedColumns([...asked, ...order], columns)
  if (query.where) assertPredicate(query.where, columns)
  if (!state.exists) return
  query.signal?.throwIfAborted()
  const where = query.where && splitPredicate(query.where, columns)
  const found = where ? filter(state.rows, where.condition) : state.rows
  const sorted = orderAndLimit(found, query, columns)
  if (where?.isWhole === false || sorted === undefined) {
    const names = [...asked, ...order, ...(query.where ? predicateColumns(query.where) : [])]
    const needed = columns.filter((column) => namedColumns(names, columns).includes(column))
    // All columns are known to the query, and a batch may lack those that it does not use.
    yield* scanBatches(selectRows(ways, state, found, needed, query), query, columns)
    return
  }
  const selected = namedColumns(asked, columns).map((column, at) => ({ column, name: asked[at] ?? column.name }))
  const chosen = selected.map(({ column }) => column)
  for await (const batch of selectRows(ways, state, sorted, chosen, query)) {
    yield {
      ...batch,
      columns: selected.map(({ column, name }) => (column.name === name ? column : { ...column, name })),
    }
  }
}

/** Streams columns of a relation of the table's rows. */
export async function* selectRows(
  { session, reconnectMs }: ReadWays,
  { stored }: TableState,
  relation: PlanRelation,
  columns: readonly ColumnDefinition[],
  { signal, batchRows }: Pick<ScanQuery, 'signal' | 'batchRows'>,
): AsyncGenerator<LogBatch> {
  const expressions = columns.flatMap((column, at): PlanExpression[] => {
    const found = stored.find((each) => each.column === column)
    return found ? [readExpression(found, at)] : []
  })
  // Rows without columns are counted by the first one.
  const [first] = stored
  const none = expressions.length === 0 && first ? [readExpression(first, 0)] : []
  const selected = project(relation, [...expressions, ...none])
  for await (const batch of queryBatches(session, selected, columns, { signal, reconnectMs })) {
    signal?.throwIfAborted()
    yield* parts(batch, batchRows)
  }
}

function* parts(batch: LogBatch, rows: number | undefined): Generator<LogBatch> {
  if (rows === undefined || batch.rowCount <= rows) {
    if (batch.rowCount > 0) yield batch
    return
  }
  for (let from = 0; from < batch.rowCount; from += rows) {
    const length = Math.min(rows, batch.rowCount - from)
    yield takeRows(
      batch,
      Array.from({ length }, (_none, at) => from + at),
    )
  }
}

const MAX_INT32 = 2 ** 31 - 1

/** Returns the rows in their order, limited; undefined if the server has no such order. */
function orderAndLimit(
  rows: PlanRelation,
  { orderBy: order = [], limit, offset }: ScanQuery,
  columns: readonly ColumnDefinition[],
): PlanRelation | undefined {
  const terms: PlanOrder[] = []
  for (const { column: name, descending = false, nulls = 'last' } of order) {
    const [column] = namedColumns([name], columns)
    if (!column || isNested(column.type)) return undefined
    terms.push(orderBy(attribute(column.name), descending, nulls))
  }
  if (Math.max(limit ?? 0, offset ?? 0) > MAX_INT32) return undefined
  const sorted = terms.length > 0 ? sort(rows, terms) : rows
  const skipped = offset ? offsetRows(sorted, offset) : sorted
  return limit === undefined ? skipped : limitRows(skipped, limit)
}
