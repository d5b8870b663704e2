import {
  type ColumnDefinition,
  type CommitOptions,
  type CommitResult,
  isWriterError,
  type TableOperation,
  type TableRef,
} from '@forge/writer-core'
import { nothingWritten } from '@forge/writer-core/storage'
import type { Connections, Session } from '../connection/connections.ts'
import { fromServerError, isAnswered, isMissing, isTaken } from '../connection/server-errors.ts'
import {
  addedVersion,
  addToJournalSql,
  assertCommit,
  batchOf,
  type CommitFigures,
  CREATE_JOURNAL,
  findBatch,
  findBatchSql,
  journalExists,
} from '../journal/journal.ts'
import { columnsSql, type TableShape, tableShape } from '../table/table-state.ts'
import { beginWrite, lockJournalSql, type TableHold } from './table-locks.ts'

/** The part of a transaction that changes one table. */
export interface TableWrite {
  readonly ref: TableRef
  readonly declared: readonly ColumnDefinition[] | undefined
  readonly operation: TableOperation
  readonly commit: CommitOptions
  /** `shared` for an append. An append that must change the table is repeated with the table to itself. */
  readonly hold: TableHold
  /** If true, the write does nothing when the table does not exist. Default false: the write creates it. */
  readonly needsTable?: boolean | undefined
  /** Changes rows in the transaction. Throws {@link NeedsTable} if it holds the table shared and must change its columns. */
  change(session: Session, state: TableShape, hold: TableHold): Promise<CommitFigures>
}

/** The error of an append that must change the columns of a table that it shares. */
export class NeedsTable extends Error {
  override name = 'NeedsTable'
}

/** The error that a source of batches threw. */
export class SourceError extends Error {
  override name = 'SourceError'
}

export interface WriteSurroundings {
  readonly connections: Connections
  /** Says whether this process has seen the journal. */
  readonly journal: { isKnown: boolean }
  readonly lockTimeoutMs: number
}

/**
 * Runs the writes and their journal entries in one transaction. A batch id that is already in the journal writes nothing. If the connection is lost
 * during the commit, the batches are looked up when the transaction has ended, so that errors have `committed: 'unknown'` only if the server does not
 * answer.
 */
export async function commitWrites(
  writes: readonly TableWrite[],
  surroundings: WriteSurroundings,
): Promise<CommitResult[]> {
  for (const { commit } of writes) assertCommit(commit)
  const [first] = writes
  if (!first) return []
  const doing = `${first.operation} to ${first.ref.schema}.${first.ref.name}`
  let hold: TableHold = writes.length === 1 ? first.hold : 'alone'
  for (let isRepeated = false; ; isRepeated = true) {
    const run = { isCommitting: false }
    try {
      return await transact(writes, hold, run, surroundings)
    } catch (error) {
      if (error instanceof SourceError) throw error.cause
      if (error instanceof NeedsTable && hold === 'shared') hold = 'alone'
      else if (run.isCommitting && !isAnswered(error)) return recover(writes, error, doing, surroundings)
      else if (surroundings.journal.isKnown && isMissing(error)) surroundings.journal.isKnown = false
      // Another writer stored the same batch meanwhile; the look-up of the next attempt finds it.
      else if (!isTaken(error) || isRepeated) throw failure(error, doing)
    }
  }
}

function failure(error: unknown, doing: string): unknown {
  if (!isWriterError(error)) return fromServerError(error, doing, { committed: 'no' })
  error.committed ??= 'no'
  return error
}

/** Runs the writes in one transaction. The first look-up comes with its start, and the last entry of the journal with its end: each costs no round trip. */
function transact(
  writes: readonly TableWrite[],
  hold: TableHold,
  run: { isCommitting: boolean },
  { connections, lockTimeoutMs, journal }: WriteSurroundings,
): Promise<CommitResult[]> {
  const refs = writes.map(({ ref }) => ref)
  const begin = beginWrite(refs, hold, lockTimeoutMs)
  const [first] = writes
  const firstLook = first ? lookUpSql(first, journal.isKnown) : []
  return connections.use([...begin, ...firstLook], async (session, begun) => {
    const results: CommitResult[] = []
    let hasJournal = journal.isKnown || (await journalExists(session))
    let ending: string[] = []
    let isChanged = false
    for (const [at, write] of writes.entries()) {
      if (ending.length > 0) results.push(addedVersion((await session.all(ending)).at(-1)))
      ending = []
      const [columns = [], found] =
        at === 0 ? begun.slice(begin.length) : await session.all(lookUpSql(write, hasJournal))
      const known = found || !hasJournal ? batchOf(found) : await findBatch(session, write.ref, write.commit.batchId)
      const table = tableShape(write.ref, columns, write.declared)
      if (known || (write.needsTable && !table.exists)) {
        results.push(known ?? nothingWritten())
        continue
      }
      if (!hasJournal) await createJournal(session)
      hasJournal = true
      isChanged = true
      const figures = await write.change(session, table, hold)
      ending = [lockJournalSql(write.ref), addToJournalSql({ ...write, sqlName: table.sqlName, figures })]
    }
    if (!isChanged) return results
    run.isCommitting = true
    const rows = await session.commit(ending)
    journal.isKnown = true
    return ending.length > 0 ? [...results, addedVersion(rows.at(-1))] : results
  })
}

/** Returns the statements that read what a write needs to know: the columns, and the batch. */
function lookUpSql({ ref, commit }: TableWrite, hasJournal: boolean): string[] {
  return [columnsSql(ref), ...(hasJournal ? [findBatchSql(ref, commit.batchId)] : [])]
}

/** Two transactions that create the journal at once would fail, so they take turns. */
async function createJournal(session: Session): Promise<void> {
  await session.run(`select pg_advisory_xact_lock(hashtext('forge-writer journal'))`)
  if (!(await journalExists(session))) await session.client.query(CREATE_JOURNAL)
}

/** Looks the batches up after a commit without an answer. The lock of the journal becomes free only when that transaction has ended. */
async function recover(
  writes: readonly TableWrite[],
  error: unknown,
  doing: string,
  { connections, lockTimeoutMs }: WriteSurroundings,
): Promise<CommitResult[]> {
  const refs = writes.map(({ ref }) => ref)
  const found = await connections
    .use(beginWrite(refs, 'alone', lockTimeoutMs), async (session) => {
      const results: (CommitResult | undefined)[] = []
      for (const { ref, commit } of writes) results.push(await findBatch(session, ref, commit.batchId))
      return results
    })
    .catch(() => undefined)
  if (found === undefined) throw fromServerError(error, doing, { committed: 'unknown' })
  const stored = found.flatMap((result) => result ?? [])
  if (stored.length < writes.length) throw fromServerError(error, doing, { committed: 'no' })
  return stored.map((result) => ({ ...result, alreadyWritten: false }))
}
