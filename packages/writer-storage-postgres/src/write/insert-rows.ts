import type { LogBatch, TableOptions } from '@forge/writer-core'
import { emptyBatch } from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { copyBatch } from '../copy/copy-batch.ts'
import type { TableShape } from '../table/table-state.ts'
import { changeTable, fitTable } from './fit-table.ts'
import type { TableHold } from './table-locks.ts'
import { NeedsTable, SourceError } from './table-write.ts'

/** Appends a batch. Resolves with the number of rows. */
export async function insertBatch(
  batch: LogBatch,
  options: TableOptions,
  session: Session,
  state: TableShape,
  hold: TableHold,
): Promise<TableShape> {
  const fitted = fitTable(batch, state, options)
  if (fitted.changes.length > 0) {
    if (hold === 'shared') throw new NeedsTable()
    await changeTable(session, fitted.changes)
  }
  await copyBatch(session, state.sqlName, fitted.batch)
  return fitted.state
}

/** Appends batches. Reads each one when the one before it is stored. Resolves with the number of rows. */
export async function insertBatches(
  batches: Iterable<LogBatch>,
  options: TableOptions,
  session: Session,
  state: TableShape,
  hold: TableHold,
): Promise<number> {
  // A later batch may need another month, and the batches before it cannot be read again.
  if (hold === 'shared' && state.partitions?.column !== undefined) throw new NeedsTable()
  let current = await insertBatch(emptyBatch([]), { ...options, columns: state.columns }, session, state, hold)
  let rows = 0
  for (const batch of sourceOf(batches)) {
    current = await insertBatch(batch, options, session, current, hold)
    rows += batch.rowCount
  }
  return rows
}

function* sourceOf(batches: Iterable<LogBatch>): Generator<LogBatch> {
  const iterator = batches[Symbol.iterator]()
  let isOver = false
  try {
    for (;;) {
      const next = nextOf(iterator)
      if (next.done) {
        isOver = true
        return
      }
      yield next.value
    }
  } finally {
    if (!isOver) iterator.return?.()
  }
}

function nextOf(iterator: Iterator<LogBatch>): IteratorResult<LogBatch> {
  try {
    return iterator.next()
  } catch (cause) {
    throw new SourceError('the source of the batches failed', { cause })
  }
}
