import { emptyBatch, type LogBatch, type TableOptions } from '@forge/writer-core'
import type { FeedSlot } from '../engine/batch-feed.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import type { Session } from '../engine/session.ts'
import type { WriteContext } from './commit-write.ts'
import { type ColumnFit, fitColumns } from './fit-columns.ts'
import { SourceError } from './source-error.ts'

/** Most rows in one statement, in whole chunks: dictionaries stay small, and all statements share a transaction. */
const STATEMENT_ROWS = 122 * 2048

/** Inserts the whole batch into the table; resolves with the rows. */
export async function insertBatch(batch: LogBatch, options: TableOptions, context: WriteContext): Promise<number> {
  const fit = await fitColumns(batch, options, context)
  if (batch.rowCount === 0) return 0
  if (batch.rowCount <= SMALL_ROWS) return insertSmall(batch, fit, context)
  for (let start = 0; start < batch.rowCount; start += STATEMENT_ROWS) {
    const end = Math.min(batch.rowCount, start + STATEMENT_ROWS)
    await context.file.writer.withBatch(
      batch,
      (relation) => context.file.writer.run(insertSql(fit, context, relation.sql)),
      { start, end, ...(options.batchSize !== undefined && { chunkRows: options.batchSize }) },
    )
  }
  return batch.rowCount
}

/** Inserts batches as they come: the next one is asked for while this one is inserted. Throws SourceError for what their source throws. */
export async function insertBatches(
  batches: AsyncIterable<LogBatch>,
  options: TableOptions,
  context: WriteContext,
): Promise<number> {
  const iterator = batches[Symbol.asyncIterator]()
  const nextBatch = async () => {
    try {
      return await iterator.next()
    } catch (error) {
      throw new SourceError(error)
    }
  }
  // The table is made also where no batch comes.
  await fitColumns(emptyBatch([]), options, context)
  let rows = 0
  let next = nextBatch()
  try {
    for (;;) {
      const { done, value } = await next
      if (done) return rows
      next = nextBatch()
      // Its error is thrown where it is awaited: until then it must not count as unhandled.
      next.catch(() => undefined)
      rows += await insertBatch(value, options, context)
    }
  } finally {
    await iterator.return?.()
  }
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
export function insertSql({ targets }: ColumnFit, { table }: Pick<WriteContext, 'table'>, from: string): string {
  const names = targets.map(({ name }) => quoteIdentifier(name)).join(', ')
  return `insert into ${table.sqlName} (${names}) select ${targets.map(({ select }) => select).join(', ')} from ${from}`
}
