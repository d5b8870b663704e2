import type { LogBatch } from '../batch/log-batch.ts'
import { assertColumns, columnIndex, concatBatches, selectColumns, takeRows } from '../batch/select.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import { assertPredicate } from '../predicate/check.ts'
import { compilePredicate } from '../predicate/compile-predicate.ts'
import { nativeReader } from '../predicate/native.ts'
import type { Predicate } from '../predicate/predicate.ts'
import { assertScan } from './assert-query.ts'
import { comparator } from './order.ts'
import type { OrderBy, ScanQuery } from './scan.ts'

type Batches = Iterable<LogBatch> | AsyncIterable<LogBatch>

const DEFAULT_BATCH_ROWS = 8192

/**
 * Scans batches of a table with these columns, for storages without an engine. With an order it keeps in memory all rows that may be returned, which
 * a limit bounds; without an order it streams. A batch may lack columns of the table; their values are null. Throws WriterSchemaError for unknown
 * columns.
 */
export function scanBatches(
  batches: Batches,
  query: ScanQuery,
  columns: readonly ColumnDefinition[],
): AsyncGenerator<LogBatch> {
  assertScan(query)
  const { columns: asked = columns.map(({ name }) => name), where, limit, offset = 0 } = query
  assertColumns([...asked, ...(query.orderBy ?? []).map(({ column }) => column)], columns)
  const storedNameOf = (name: string) => findColumn(name, columns)?.name ?? name
  const names = asked.map(storedNameOf)
  const orderBy = (query.orderBy ?? []).map((term) => ({ ...term, column: storedNameOf(term.column) }))
  if (where) assertPredicate(where, columns)
  const wanted = filterBatches(withAllColumns(batches, columns), columns, {
    where,
    signal: query.signal,
    names: [...new Set([...names, ...orderBy.map(({ column }) => column)])],
  })
  const ordered =
    orderBy.length > 0 ? sortBatches(wanted, orderBy, limit === undefined ? undefined : offset + limit) : wanted
  return shapeBatches(ordered, { names, asked, limit, offset, batchRows: query.batchRows ?? DEFAULT_BATCH_ROWS })
}

interface Filter {
  readonly where: Predicate | undefined
  readonly signal: AbortSignal | undefined
  /** The columns that are still needed afterwards; only these are copied. */
  readonly names: readonly string[]
}

/** Yields the rows that match the predicate. */
async function* filterBatches(
  batches: Batches,
  columns: readonly ColumnDefinition[],
  { where, signal, names }: Filter,
): AsyncGenerator<LogBatch> {
  const truthOf = where && compilePredicate(where, columns)
  for await (const batch of batches) {
    signal?.throwIfAborted()
    const kept = selectColumns(batch, names)
    if (!truthOf) {
      yield kept
      continue
    }
    const truth = truthOf(batch)
    const rows: number[] = []
    for (let row = 0; row < batch.rowCount; row++) if (truth(row) === 1) rows.push(row)
    yield rows.length === batch.rowCount ? kept : takeRows(kept, rows)
  }
}

async function* withAllColumns(batches: Batches, columns: readonly ColumnDefinition[]): AsyncGenerator<LogBatch> {
  for await (const batch of batches) {
    const isWhole =
      columns.length === batch.columns.length &&
      columns.every(({ name, type }, at) => batch.columns[at]?.name === name && batch.columns[at]?.type === type)
    yield isWhole ? { ...batch, columns } : concatBatches([emptyOf(columns), batch])
  }
}

function emptyOf(columns: readonly ColumnDefinition[]): LogBatch {
  return { rowCount: 0, columns, vectors: [] }
}

async function* sortBatches(
  batches: Batches,
  orderBy: readonly OrderBy[],
  most: number | undefined,
): AsyncGenerator<LogBatch> {
  let [kept, rows]: [LogBatch[], number] = [[], 0]
  for await (const batch of batches) {
    kept.push(batch)
    rows += batch.rowCount
    // Rows are cut only now and then: sorting after each batch would sort the same rows again and again.
    if (most !== undefined && rows > 2 * most + DEFAULT_BATCH_ROWS) {
      kept = [firstRows(kept, orderBy, most)]
      rows = Math.min(rows, most)
    }
  }
  if (kept.length > 0) yield firstRows(kept, orderBy, most ?? rows)
}

/** Returns the first `most` rows in order. */
export function firstRows(batches: readonly LogBatch[], orderBy: readonly OrderBy[], most: number): LogBatch {
  const batch = concatBatches(batches)
  const readers = orderBy.map(({ column }) => {
    const at = columnIndex(batch, column)
    const [vector, definition] = [batch.vectors[at], batch.columns[at]]
    return vector && definition ? nativeReader(vector, definition.type) : () => null
  })
  const keys = Array.from({ length: batch.rowCount }, (_none, row) => readers.map((read) => read(row)))
  const compare = comparator(orderBy)
  const rows = keys.map((_key, row) => row).sort((a, b) => compare(keys[a] ?? [], keys[b] ?? []) || a - b)
  return takeRows(batch, rows.slice(0, most))
}

interface Shape {
  readonly names: readonly string[]
  /** The names as the query spells them. */
  readonly asked: readonly string[]
  readonly limit: number | undefined
  readonly offset: number
  readonly batchRows: number
}

async function* shapeBatches(
  batches: Batches,
  { names, asked, limit = Number.POSITIVE_INFINITY, offset, batchRows }: Shape,
) {
  let [skip, left] = [offset, limit]
  if (left === 0) return
  for await (const batch of batches) {
    const start = Math.min(skip, batch.rowCount)
    skip -= start
    const end = Math.min(batch.rowCount, start + left)
    left -= end - start
    const chosen = renameColumns(selectColumns(batch, names), asked)
    for (let from = start; from < end; from += batchRows) {
      const to = Math.min(end, from + batchRows)
      const isAll = from === 0 && to === batch.rowCount
      yield isAll
        ? chosen
        : takeRows(
            chosen,
            Array.from({ length: to - from }, (_none, at) => from + at),
          )
    }
    if (left === 0) return
  }
}

/** Renames the columns of a batch. */
function renameColumns(batch: LogBatch, names: readonly string[]): LogBatch {
  if (batch.columns.every(({ name }, at) => name === names[at])) return batch
  return { ...batch, columns: batch.columns.map((column, at) => ({ ...column, name: names[at] ?? column.name })) }
}
