import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { type KnownLoss, WriterTableError } from '@forge/writer-core'
import type { Engine } from '../engine/engine.ts'
import type { Session } from '../engine/session.ts'
import { type BatchLedger, batchLedger } from '../journal/batch-ledger.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import type { JournalState } from '../journal/journal-state.ts'
import { type TableStates, tableStates } from '../table/table-states.ts'
import { attach, untilClosed } from './attach.ts'
import { cacheBound } from './cache-bound.ts'
import { hasLog, inodeKey, logPath } from './database-path.ts'
import { examineFile } from './examine-file.ts'
import { syncDirectory } from './file-sync.ts'
import { type MarkFile, openMark } from './high-water-mark.ts'
import { keepingLogOfOthers } from './replaced-file.ts'

/** The database file while this process holds it; everything it caches is true until it is let go. */
export interface AttachedFile {
  readonly path: string
  readonly engine: Engine
  /** For writes; one at a time. */
  readonly writer: Session
  readonly journal: JournalState
  /** What is known of tables as the last commit left them. */
  readonly tables: TableStates
  readonly ledger: BatchLedger
  /** Set if the file lacks commits that it once held. One with a log is attached for reading only then. */
  readonly lost: KnownLoss | undefined
  /** False if the file was deleted, moved or replaced since. */
  isInPlace(): boolean
  /** A session for a read; given back with {@link giveBack}. */
  reader(): Promise<Session>
  giveBack(session: Session): void
  /**
   * To be called after each commit: makes a new write-ahead log's name durable, moves the mark, and bounds what the engine keeps of the file.
   * Throws WriterTableError if the file is no longer in its place.
   */
  committed(): Promise<void>
  detach(): Promise<void>
}

export interface AttachOptions {
  readonly readOnly: boolean
  /** By `steadyNow`. */
  readonly deadline: number
}

/** Attaches the file. Throws WriterTableError if its log is not its own. */
export async function attachFile(
  path: string,
  engine: Engine,
  writer: Session,
  { readOnly, deadline }: AttachOptions,
): Promise<AttachedFile> {
  // The engine puts a log into the file when it lets go of it: one that nobody looked at may be lost, or spoil the file, by then.
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
    async committed() {
      if (!isInPlace()) throw notInPlace(path)
      const current = inodeKey(logPath(path))
      if (current !== undefined && current !== log) {
        syncDirectory(dirname(path))
        log = current
      }
      mark ??= openMark(path)
      const { sequence, commitId, rowsAdded } = journal
      mark.write({ sequence, commitId, rowsAdded })
      if (readers === 0) await cache.grown()
    },
    async detach() {
      for (const session of idle.splice(0)) session.close()
      mark?.close()
      const close = async () => void (await writer.run(`detach database if exists ${CATALOG}`))
      if (isInPlace()) await close()
      else await keepingLogOfOthers(path, log, close)
      await untilClosed(path)
    },
  }
}

function notInPlace(path: string): WriterTableError {
  const what = statSync(path, { throwIfNoEntry: false }) ? 'replaced' : 'deleted or moved'
  return new WriterTableError(`the database file was ${what} while it was open, and the rows with the old one`, {
    committed: 'unknown',
    context: { path },
    suggestions: ['Write the rows again: the next call opens what is there now.'],
  })
}
