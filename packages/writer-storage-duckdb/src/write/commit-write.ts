import {
  type CommitOptions,
  type CommitResult,
  nothingWritten,
  type TableOperation,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { SourceError } from '../engine/batch-source.ts'
import { engineErrorKind, fromEngineError } from '../engine/engine-errors.ts'
import type { AttachedFile } from '../file/attached-file.ts'
import { databaseBytes } from '../file/database-path.ts'
import type { SharedFile } from '../file/shared-file.ts'
import { findBatch } from '../journal/find-batch.ts'
import { addToJournal, type CommitFigures, type JournalState } from '../journal/journal-state.ts'
import type { TableState } from '../table/table-state.ts'

/** One table's part of a transaction. */
export interface TableWrite {
  readonly ref: TableRef
  readonly operation: TableOperation
  readonly commit: CommitOptions
  /** Does nothing where there is no table. Default false: the write makes it. */
  readonly needsTable?: boolean
  /** Does what needs no transaction, while the transaction begins. */
  prepare?(): void
  /** Changes rows inside the transaction; told what it needs, tells what it did. */
  change(context: WriteContext): Promise<CommitFigures>
}

export interface WriteContext {
  readonly file: AttachedFile
  /** The table as this transaction sees it; reads know nothing of it before the commit. */
  readonly table: TableState
  /** To be called where columns were added or changed: the caches are read again and a checkpoint follows. */
  schemaChanged(): void
}

interface WriteRun {
  results: CommitResult[]
  /** Tables that got rows, and those whose columns changed. */
  readonly touched: Set<TableState>
  readonly changed: Set<TableState>
  isCommitting: boolean
  /** Called when a checkpoint fails after the commit, which is durable without it. */
  onFailedCheckpoint(error: unknown): void
}

/**
 * Runs the writes in one transaction with their journal entries; a batch id that is there writes nothing. Where the engine fails at the commit, the
 * file is opened again and the batch looked up, so that errors say `committed: 'no'` or `'yes'`, and `'unknown'` only where nobody can tell.
 */
export function commitWrites(
  database: SharedFile,
  writes: readonly TableWrite[],
  deadline: () => number,
): Promise<CommitResult[]> {
  return database.writes.run(async () => {
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
  await file.committed()
  // Changes of columns that only the log holds are what made files unreadable: they go into the file at once.
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
  throw new WriterTableError('the database lacks commits that it once held', {
    committed: 'no',
    context: { path: file.path, lost: file.lost.detail, commits: file.lost.commits, found: file.journal.sequence },
    suggestions: [
      'Run doctor() to see what is gone.',
      'Bring the file back from a copy, or accept the loss with repair().',
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
