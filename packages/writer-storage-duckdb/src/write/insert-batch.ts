import { emptyBatch, type LogBatch, type TableOptions } from '@forge/writer-core'
import type { FeedOptions, FeedSlot } from '../engine/batch-feed.ts'
import { batchSource } from '../engine/batch-source.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import type { Session } from '../engine/session.ts'
import type { WriteContext } from './commit-write.ts'
import { type ColumnFit, fitColumns } from './fit-columns.ts'

/** Inserts the whole batch into the table; resolves with the rows. */
export async function insertBatch(batch: LogBatch, options: TableOptions, context: WriteContext): Promise<number> {
  const fit = await fitColumns(batch, options, context)
  if (batch.rowCount === 0) return 0
  if (batch.rowCount <= SMALL_ROWS) return insertSmall(batch, fit, context)
  const { writer } = context.file
  return writer.withBatch(batch, ({ sql }) => writer.run(insertSql(fit, context, sql)), feedOptions(options))
}

/**
 * Inserts batches, which are asked for while rows are being stored: those of the same columns by one statement, as the engine lays out whole groups of
 * rows only within a statement. Throws SourceError for what the batches throw.
 */
export async function insertBatches(
  batches: Iterable<LogBatch>,
  options: TableOptions,
  context: WriteContext,
): Promise<number> {
  using source = batchSource(batches)
  // The table is made also where no batch comes.
  await fitColumns(emptyBatch([]), options, context)
  let rows = 0
  for (let next = source.peek(); next; next = source.peek()) {
    const fit = await fitColumns(next, options, context)
    const { writer } = context.file
    rows += await writer.withBatches(source, ({ sql }) => writer.run(insertSql(fit, context, sql)), {
      ...feedOptions(options),
      ...(!fit.isForAll && { most: 1 }),
    })
  }
  return rows
}

function feedOptions({ batchSize }: TableOptions): FeedOptions {
  return batchSize === undefined ? {} : { chunkRows: batchSize }
}

/** Batches of up to so many rows come often, and one chunk of text as it is costs less than planning a statement. */
const SMALL_ROWS = 500

interface SmallInsert {
  readonly slot: FeedSlot
  readonly sql: string
}

// They last as long as the session: the engine plans them anew where the file was let go in between.
const smallInserts = new WeakMap<Session, Map<string, SmallInsert>>()

// One prepared statement for each shape of batch, fed through a slot of its own.
async function insertSmall(batch: LogBatch, fit: ColumnFit, context: WriteContext): Promise<number> {
  const { writer, engine } = context.file
  const known = smallInserts.get(writer) ?? new Map<string, SmallInsert>()
  smallInserts.set(writer, known)
  const shape = JSON.stringify([
    context.table.sqlName,
    fit.targets.map(({ name, select }) => [name, select]),
    batch.columns.map(({ type }) => type),
  ])
  let small = known.get(shape)
  if (!small) {
    const slot = engine.feed.slot(batch)
    small = { slot, sql: insertSql(fit, context, slot.sql) }
    known.set(shape, small)
  }
  small.slot.fill(batch)
  return writer.runOften(small.sql)
}

/** `from`: a relation with the batch's columns. */
export function insertSql(
  { targets }: Pick<ColumnFit, 'targets'>,
  { table }: Pick<WriteContext, 'table'>,
  from: string,
): string {
  const names = targets.map(({ name }) => quoteIdentifier(name)).join(', ')
  return `insert into ${table.sqlName} (${names}) select ${targets.map(({ select }) => select).join(', ')} from ${from}`
}
