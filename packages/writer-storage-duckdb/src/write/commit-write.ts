import {
  type CommitOptions,
  type CommitResult,
  type TableOperation,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { assertMethodOptions, nothingWritten } from '@forge/writer-core/storage'
import { SourceError } from '../engine/batch-source.ts'
import { engineErrorKind, fromEngineError } from '../engine/engine-errors.ts'
import type { AttachedFile } from '../file/attached-file.ts'
import { databaseBytes } from '../file/database-path.ts'
import type { SharedFile } from '../file/shared-file.ts'
import { findBatch } from '../journal/find-batch.ts'
import { addToJournal, type CommitFigures, type JournalState } from '../journal/journal-state.ts'
import type { TableState } from '../table/table-state.ts'

/** The part of a transaction that changes one table. */
export interface TableWrite {
  readonly ref: TableRef
  readonly operation: TableOperation
  readonly commit: CommitOptions
  /** If true, the write does nothing when the table does not exist. Default false: the write creates the table. */
  readonly needsTable?: boolean | undefined
  /** Prepares the write while the transaction starts. It must not use the database. */
  prepare?(): void
  /** Changes rows inside the transaction. Resolves with the row counts. */
  change(context: WriteContext): Promise<CommitFigures>
}

export interface WriteContext {
  readonly file: AttachedFile
  /** The table as this transaction sees it. Reads do not see it before the commit. */
  readonly table: TableState
  /** Must be called after columns were added or changed: the cached state is dropped, and a checkpoint follows. */
  schemaChanged(): void
}

interface WriteRun {
  results: CommitResult[]
  /** The tables that were written, and those whose columns changed. */
  readonly touched: Set<TableState>
  readonly changed: Set<TableState>
  isCommitting: boolean
  /** Called when a checkpoint fails after the commit, which is durable without it. */
  onFailedCheckpoint(error: unknown): void
}

/**
 * Runs the writes and their journal entries in one transaction. A batch id that is already in the journal writes nothing. If the engine fails at the
 * commit, the file is reopened and the batch is looked up, so that errors state `committed: 'no'` or `'yes'`, and `'unknown'` only if the file cannot
 * be read.
 *
 * Who calls when:
 *
 *     commitWrites ─ waits for its turn (database.writes) ─ holds the file (database.use)
 *       ├ begin transaction       and meanwhile: write.prepare(), without the database
 *       ├ for each write          findBatch (known id: its stored result)
 *       │                         else write.change(context) → row counts → addToJournal
 *       ├ commit                  then publish the table states, file.afterCommit() (durable name of the log, mark)
 *       │                         and, after schemaChanged(), a checkpoint
 *       └ an error                rollback; if the commit had started, recover(): reopen the file, look the batch ids up
 */
export function commitWrites(
  database: SharedFile,
  writes: readonly TableWrite[],
  deadline: () => number,
): Promise<CommitResult[]> {
  return database.writes.run(async () => {
    for (const { commit } of writes) assertMethodOptions('commit', commit)
    const run: WriteRun = {
      results: [],
      touched: new Set(),
      changed: new Set(),
      isCommitting: false,
      onFailedCheckpoint: (error) => void database.noteFailure(error),
    }
    try {
      return await database.use((file) => writeAll(file, writes, run), {
        deadline: deadline(),
        create: !writes.every(({ needsTable }) => needsTable),
      })
    } catch (error) {
      return recover(database, writes, run, error, deadline)
    }
  })
}

async function writeAll(
  file: AttachedFile | undefined,
  writes: readonly TableWrite[],
  run: WriteRun,
): Promise<CommitResult[]> {
  if (!file) return writes.map(() => nothingWritten())
  refuseDamaged(file)
  const { writer } = file
  const journal = { ...file.journal }
  file.tables.writing++
  try {
    await transact(file, journal, writes, run)
  } finally {
    file.tables.writing--
  }
  if (run.touched.size === 0) return run.results
  Object.assign(file.journal, journal)
  await file.afterCommit()
  // Column changes that only the log held have made files unreadable, so a checkpoint moves them into the file.
  if (run.changed.size > 0) await writer.run('checkpoint db').catch(run.onFailedCheckpoint)
  return run.results
}

async function transact(
  file: AttachedFile,
  journal: JournalState,
  writes: readonly TableWrite[],
  run: WriteRun,
): Promise<void> {
  const { writer, tables } = file
  const begun = writer.runOften('begin transaction')
  try {
    for (const write of writes) write.prepare?.()
    await begun
    const working = tables.forWrite(writer, journal)
    for (const write of writes) run.results.push(await writeOne(file, journal, await working(write.ref), write, run))
    if (run.touched.size === 0) {
      await writer.run('rollback')
      return
    }
    run.isCommitting = true
    await writer.runOften('commit')
  } catch (error) {
    await begun.catch(() => undefined)
    await writer.run('rollback').catch(() => undefined)
    throw error
  }
  for (const table of run.touched) tables.publish(table, { isCertain: !run.changed.has(table) })
}

async function writeOne(
  file: AttachedFile,
  journal: JournalState,
  table: TableState,
  write: TableWrite,
  run: WriteRun,
): Promise<CommitResult> {
  const { writer } = file
  if (await file.ledger.mayHold(writer, journal, write.ref, write.commit.batchId)) {
    const known = await findBatch(writer, journal, write.ref, write.commit.batchId)
    if (known) return known
  }
  if (write.needsTable && !table.exists) return nothingWritten()
  run.touched.add(table)
  const figures = await write.change({ file, table, schemaChanged: () => run.changed.add(table) })
  const bytes = databaseBytes(file.path)
  file.ledger.add(write.ref, write.commit.batchId)
  return addToJournal(writer, journal, table, write.operation, write.commit, figures, bytes)
}

function refuseDamaged(file: AttachedFile): void {
  if (!file.lost) return
  throw new WriterTableError('the database has lost commits', {
    committed: 'no',
    context: { path: file.path, lost: file.lost.detail, commits: file.lost.commits, found: file.journal.sequence },
    suggestions: [
      'Run doctor() to see what is missing.',
      'Restore the file from a backup, or accept the loss with repair().',
    ],
  })
}

async function recover(
  database: SharedFile,
  writes: readonly TableWrite[],
  run: WriteRun,
  error: unknown,
  deadline: () => number,
): Promise<CommitResult[]> {
  if (error instanceof SourceError) throw error.cause
  const [first] = writes
  const doing = `${first?.operation ?? 'write'} to ${first?.ref.schema}.${first?.ref.name}`
  const reopen = () => database.letGo({ dropEngine: true, deadline: deadline() })
  if (!run.isCommitting) {
    if (engineErrorKind(error) === 'fatal') await reopen().catch(() => undefined)
    throw fromEngineError(error, doing, { committed: 'no' })
  }
  const found = await reopen()
    .then(() => lookUp(database, writes, deadline()))
    .catch(() => 'unknown' as const)
  if (found === 'unknown') throw fromEngineError(error, doing, { committed: 'unknown' })
  if (found.every((result) => result === undefined)) {
    const failure = fromEngineError(error, doing, { committed: 'no' })
    failure.committed = 'no'
    throw failure
  }
  return writes.map((_write, at) => {
    const before = run.results[at]
    const stored = found[at] ?? before
    if (!stored) throw fromEngineError(error, doing, { committed: 'unknown' })
    return { ...stored, alreadyWritten: before?.alreadyWritten ?? false }
  })
}

function lookUp(
  database: SharedFile,
  writes: readonly TableWrite[],
  deadline: number,
): Promise<(CommitResult | undefined)[]> {
  return database.use(
    async (file) => {
      const found: (CommitResult | undefined)[] = []
      for (const { ref, commit } of writes)
        found.push(file && (await findBatch(file.writer, file.journal, ref, commit.batchId)))
      return found
    },
    { deadline, create: false },
  )
}
