import { type CommitResult, isWriterError } from '@forge/writer-core'
import { nothingWritten } from '@forge/writer-core/storage'
import { type Begun, type Session, waitFor } from '../connection/connections.ts'
import { fromServerError, isAnswered, isMissing, isTaken } from '../connection/server-errors.ts'
import {
  addedVersion,
  addToJournalSql,
  assertCommit,
  batchOf,
  CREATE_JOURNAL,
  findBatch,
  findBatchSql,
  journalIsReady,
} from '../journal/journal.ts'
import { qualifiedName } from '../sql/identifiers.ts'
import { columnsSql, tableShape, withPartitions } from '../table/table-state.ts'
import { appendKnown } from './append-known.ts'
import { beginWrite, lockKey, type TableHold } from './table-locks.ts'
import { NeedsTable, SourceError, type TableWrite, type WriteSurroundings } from './table-write.ts'

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
  const [first, ...others] = writes
  if (!first) return []
  const { schema, name } = first.ref
  const doing = `${first.operation} to ${schema}.${name}`
  const shape = others.length === 0 ? surroundings.known.tables.get(qualifiedName(schema, name)) : undefined
  const known = shape && (await appendKnown(first, shape, surroundings, doing))
  if (known && 'result' in known) return [known.result]
  if (!known?.mayBeStored) return commitSteps(writes, doing, surroundings)
  // The server may still read what was sent. The same batch id is stored once, whichever comes first.
  const results = await commitSteps(writes, doing, surroundings).catch((error: unknown) => {
    if (isWriterError(error)) error.committed = 'unknown'
    throw error
  })
  return results.map((result) => ({ ...result, alreadyWritten: false }))
}

async function commitSteps(
  writes: readonly TableWrite[],
  doing: string,
  surroundings: WriteSurroundings,
): Promise<CommitResult[]> {
  let hold: TableHold = writes.length === 1 ? (writes[0]?.hold ?? 'alone') : 'alone'
  for (let isRepeated = false; ; isRepeated = true) {
    const run = { isCommitting: false }
    try {
      return await transact(writes, hold, run, surroundings)
    } catch (error) {
      if (error instanceof SourceError) throw error.cause
      if (error instanceof NeedsTable && hold === 'shared') hold = 'alone'
      else if (run.isCommitting && !isAnswered(error)) return recover(writes, error, doing, surroundings)
      else if (surroundings.known.hasJournal && isMissing(error)) surroundings.known.hasJournal = false
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
  { connections, lockTimeoutMs, known, notifiesChanges }: WriteSurroundings,
): Promise<CommitResult[]> {
  const refs = writes.map(({ ref }) => ref)
  const begin = beginWrite(refs, hold, lockTimeoutMs)
  const [first] = writes
  const firstLook = first ? lookUpSql(first, known.hasJournal) : []
  const lock = refs.map(({ schema, name }) => `${schema}.${name}`).join(', ')
  const work = async (session: Session, begun: Begun) => {
    const results: CommitResult[] = []
    let hasJournal = known.hasJournal || (await journalIsReady(session))
    let ending: string[] = []
    let isChanged = false
    for (const [at, write] of writes.entries()) {
      if (ending.length > 0) results.push(addedVersion((await session.all(ending)).at(-1)))
      ending = []
      const [columns = [], found] =
        at === 0 ? begun.slice(begin.length) : await session.all(lookUpSql(write, hasJournal))
      const stored = found || !hasJournal ? batchOf(found) : await findBatch(session, write.ref, write.commit.batchId)
      const table = await withPartitions(session, tableShape(write.ref, columns, write.declared), columns)
      if (table.exists) known.tables.set(table.sqlName, table)
      if (stored || (write.needsTable && !table.exists)) {
        results.push(stored ?? nothingWritten())
        continue
      }
      if (!hasJournal) await createJournal(session)
      hasJournal = true
      isChanged = true
      const figures = await write.change(session, table, hold)
      const { sqlName } = table
      ending = [addToJournalSql({ ...write, sqlName, figures, notifiesChanges }, lockKey('journal', write.ref))]
    }
    if (!isChanged) return results
    run.isCommitting = true
    const rows = await waitFor(lock, () => session.commit(ending))
    known.hasJournal = true
    return ending.length > 0 ? [...results, addedVersion(rows.at(-1))] : results
  }
  return connections.use([...begin, ...firstLook], work, lock)
}

/** Returns the statements that read what a write needs to know: the columns, and the batch. */
function lookUpSql({ ref, commit }: TableWrite, hasJournal: boolean): string[] {
  return [columnsSql(ref), ...(hasJournal ? [findBatchSql(ref, commit.batchId)] : [])]
}

/** Two transactions that create the journal at once would fail, so they take turns. */
async function createJournal(session: Session): Promise<void> {
  await session.run(`select pg_advisory_xact_lock(hashtext('forge-writer journal'))`)
  if (!(await journalIsReady(session))) await session.client.query(CREATE_JOURNAL)
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
