import { chmodSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type KnownLoss, WriterTableError } from '@forge/writer-core'
import type { Engine } from '../engine/engine.ts'
import type { Session } from '../engine/session.ts'
import { type BatchLedger, batchLedger } from '../journal/batch-ledger.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { type TableStates, tableStates } from '../table/table-states.ts'
import { attach } from './attach.ts'
import { cacheBound } from './cache-bound.ts'
import { creationKey, hasLog, inodeKey, logPath } from './database-path.ts'
import { examineFile } from './examine-file.ts'
import { syncDirectory } from './file-sync.ts'
import { type MarkFile, openMark } from './high-water-mark.ts'
import { untilClosed } from './open-descriptors.ts'
import { keepLogOfOthers } from './replaced-file.ts'

/** The database file while this process holds it. Its caches are valid until it is released. */
export interface AttachedFile {
  readonly path: string
  readonly engine: Engine
  /** The session for writes, which take turns. */
  readonly writer: Session
  readonly journal: JournalState
  /** The states of the tables after the last commit. */
  readonly tables: TableStates
  readonly ledger: BatchLedger
  /** The loss, if the file lacks commits that it once held. A file with a loss and a log is attached read-only. */
  readonly lost: KnownLoss | undefined
  /** Returns false if the file was deleted, moved or replaced since it was attached. */
  isInPlace(): boolean
  /** Returns a session for a read. The caller returns it with {@link giveBack}. */
  reader(): Promise<Session>
  giveBack(session: Session): void
  /**
   * Makes the name of a new write-ahead log durable, moves the mark, and limits the engine's cache. Must be called after each commit.
   * Throws WriterTableError if the file is no longer in its place.
   */
  afterCommit(): Promise<void>
  detach(): Promise<void>
}

export interface AttachOptions {
  readonly readOnly: boolean
  /** The time at which waiting ends, by `steadyNow`. */
  readonly deadline: number
}

/** Attaches the file. Throws WriterTableError if its log does not belong to it. */
export async function attachFile(
  path: string,
  engine: Engine,
  writer: Session,
  { readOnly, deadline }: AttachOptions,
): Promise<AttachedFile> {
  // On detach the engine moves the log into the file. A log is examined before that: a wrong one would damage the file, a damaged one would be lost.
  const looksFirst = !readOnly && hasLog(path)
  await attach(path, writer, readOnly || looksFirst, deadline)
  const { journal, lost } = await examineFile(path, writer).catch(async (error) => {
    await writer.run(`detach database if exists ${CATALOG}`)
    throw error
  })
  if (looksFirst && !lost) {
    await writer.run(`detach database ${CATALOG}`)
    await untilClosed(path)
    await attach(path, writer, false, deadline)
  }
  const inode = inodeKey(path)
  const isInPlace = () => inodeKey(path) === inode
  const idle: Session[] = []
  const cache = cacheBound(path, engine)
  let readers = 0
  let mark: MarkFile | undefined
  let log = inodeKey(logPath(path))
  let durableLog = creationKey(logPath(path))
  return {
    path,
    engine,
    writer,
    journal,
    tables: tableStates(),
    ledger: batchLedger(),
    lost,
    isInPlace,
    async reader() {
      readers++
      try {
        await cache.releasing
        return idle.pop() ?? (await engine.session())
      } catch (error) {
        readers--
        throw error
      }
    },
    giveBack(session) {
      readers--
      idle.push(session)
    },
    async afterCommit() {
      if (!isInPlace()) throw notInPlace(path)
      const current = creationKey(logPath(path))
      if (current !== undefined && current !== durableLog) {
        // The engine creates logs that everybody may read.
        chmodSync(logPath(path), statSync(path).mode & 0o666)
        syncDirectory(dirname(path))
        log = inodeKey(logPath(path))
      }
      durableLog = current
      mark ??= openMark(path)
      const { sequence, commitId, rowsAdded } = journal
      mark.write({ sequence, commitId, rowsAdded })
      if (readers === 0) await cache.afterGrowth()
    },
    async detach() {
      for (const session of idle.splice(0)) session.close()
      mark?.close()
      const close = async () => void (await writer.run(`detach database if exists ${CATALOG}`))
      if (isInPlace()) await close()
      else await keepLogOfOthers(path, log, close)
      await untilClosed(path)
    },
  }
}

function notInPlace(path: string): WriterTableError {
  const what = statSync(path, { throwIfNoEntry: false }) ? 'replaced' : 'deleted or moved'
  return new WriterTableError(
    `the database file was ${what} while it was open, so these rows are not in the current file`,
    {
      committed: 'unknown',
      context: { path },
      suggestions: ['Write the rows again: the next call opens the current file.'],
    },
  )
}
