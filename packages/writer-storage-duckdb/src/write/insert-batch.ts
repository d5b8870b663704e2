import type { DuckDBDataChunk } from '@duckdb/node-api'
import { batchFromRows, type CommitOptions, type LogBatch, type TableOptions } from '@forge/writer-core'
import { emptyBatch, hasNoNull, selectColumns } from '@forge/writer-core/storage'
import { appendChunk, chunkOf, SMALL_ROWS } from '../engine/append-batch.ts'
import type { FeedOptions } from '../engine/batch-feed.ts'
import { batchSource } from '../engine/batch-source.ts'
import { isPlainType } from '../engine/column-types.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import type { TableWrite, WriteContext } from './commit-write.ts'
import { type ColumnFit, fitColumns } from './fit-columns.ts'

/** Returns the write that appends the batch to its table. */
export function appendOf(
  batch: LogBatch,
  options: TableOptions,
  commit: CommitOptions,
): Pick<TableWrite, 'operation' | 'commit' | 'prepare' | 'change'> {
  let chunk: DuckDBDataChunk | undefined
  return {
    operation: 'append',
    commit,
    prepare() {
      if (batch.rowCount <= SMALL_ROWS) chunk = chunkOf(batch)
    },
    change: async (context) => ({ rowsInserted: await insertBatch(batch, options, context, chunk) }),
  }
}

/**
 * Inserts the batch into the table. Resolves with the number of rows. `chunk` holds its rows in the engine's layout, if they were converted earlier.
 */
export async function insertBatch(
  batch: LogBatch,
  options: TableOptions,
  context: WriteContext,
  chunk?: DuckDBDataChunk,
): Promise<number> {
  const fit = await fitColumns(batch, options, context)
  if (batch.rowCount === 0) return 0
  const { writer } = context.file
  if (batch.rowCount <= SMALL_ROWS && fit.isForAll && hasRequiredValues(batch, context)) {
    const target = { catalog: CATALOG, ...context.table.ref }
    const whole = hasTableColumns(batch, context) ? batch : addMissingColumns(batch, context)
    if (whole) {
      await appendChunk(writer, target, (whole === batch ? chunk : undefined) ?? chunkOf(whole))
      return batch.rowCount
    }
  }
  return writer.unordered(() =>
    writer.withBatch(batch, ({ sql }) => writer.run(insertSql(fit, context, sql)), feedOptions(options)),
  )
}

/**
 * Inserts batches, which are requested while rows are stored. One statement takes all successive batches with equal columns, as the engine fills row
 * groups only within a statement. Throws SourceError if the source of the batches fails.
 */
export async function insertBatches(
  batches: Iterable<LogBatch>,
  options: TableOptions,
  context: WriteContext,
): Promise<number> {
  using source = batchSource(batches)
  // The table is created even if there is no batch.
  await fitColumns(emptyBatch([]), options, context)
  let rows = 0
  for (let next = source.peek(); next; next = source.peek()) {
    const fit = await fitColumns(next, options, context)
    const { writer } = context.file
    const feed = { ...feedOptions(options), most: fit.isForAll ? undefined : 1 }
    rows += await writer.unordered(() =>
      writer.withBatches(source, ({ sql }) => writer.run(insertSql(fit, context, sql)), feed),
    )
  }
  return rows
}

function feedOptions({ batchSize }: TableOptions): FeedOptions {
  return { chunkRows: batchSize }
}

/** Returns true if no required column of the table gets a null. A statement reports such nulls better than an appender does. */
function hasRequiredValues({ columns, vectors, rowCount }: LogBatch, { table }: WriteContext): boolean {
  const required = new Set(table.columns.flatMap(({ name, nullable }) => (nullable ? [] : name)))
  return columns.every(({ name }, at) => !required.has(name) || hasNoNull(vectors[at]?.validity ?? null, rowCount))
}

/** Returns true if the batch has the table's columns in the same order. */
function hasTableColumns(batch: LogBatch, { table }: WriteContext): boolean {
  return (
    batch.columns.length === table.columns.length &&
    batch.columns.every(({ name }, at) => name === table.columns[at]?.name)
  )
}

/** Returns the batch with nulls in its missing columns, or undefined if the engine must fill them. */
function addMissingColumns(batch: LogBatch, { table }: WriteContext): LogBatch | undefined {
  const names = new Set(batch.columns.map(({ name }) => name))
  const missing = table.columns.filter(({ name }) => !names.has(name))
  if (missing.length + names.size !== table.columns.length) return undefined
  if (!missing.every(({ nullable, engineType }) => nullable && isPlainType(engineType))) return undefined
  const empty = batchFromRows(missing, new Array<Record<string, never>>(batch.rowCount).fill({}))
  const whole = { ...batch, columns: [...batch.columns, ...missing], vectors: [...batch.vectors, ...empty.vectors] }
  return selectColumns(
    whole,
    table.columns.map(({ name }) => name),
  )
}

/** Returns the insert statement. `from` is a relation with the batch's columns. */
export function insertSql(
  { targets }: Pick<ColumnFit, 'targets'>,
  { table }: Pick<WriteContext, 'table'>,
  from: string,
): string {
  const names = targets.map(({ name }) => quoteIdentifier(name)).join(', ')
  return `insert into ${table.sqlName} (${names}) select ${targets.map(({ select }) => select).join(', ')} from ${from}`
}
