import { existsSync, readdirSync, readlinkSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { WriterTableError } from '@forge/writer-core'
import type { Engine } from '../engine/engine.ts'
import { engineErrorKind, fromEngineError } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import { type BatchLedger, batchLedger } from '../journal/batch-ledger.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import { type JournalState, readJournalState } from '../journal/journal-state.ts'
import { msUntil } from '../lock/deadline.ts'
import { type TableStates, tableStates } from '../table/table-states.ts'
import { attachReadOnlySql, attachSql } from './attach-sql.ts'
import { cacheBound } from './cache-bound.ts'
import { syncDirectory } from './file-sync.ts'
import { type HighWaterMark, type MarkFile, openMark, readMark } from './high-water-mark.ts'

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
  /** Set where the file lacks a commit that it once held. */
  readonly lost: HighWaterMark | undefined
  /** A session for a read; given back with {@link giveBack}. */
  reader(): Promise<Session>
  giveBack(session: Session): void
  /** To be called after each commit: makes a new write-ahead log's name durable, moves the mark, and bounds what the engine keeps of the file. */
  committed(): Promise<void>
  detach(): Promise<void>
}

export interface AttachOptions {
  readonly readOnly: boolean
  readonly deadline: number
}

/** Attaches the file, waiting for engines outside of this package to let go of it. */
export async function attachFile(
  path: string,
  engine: Engine,
  writer: Session,
  { readOnly, deadline }: AttachOptions,
): Promise<AttachedFile> {
  await attach(path, writer, readOnly, deadline)
  const journal = await readJournalState(writer)
  const seen = readMark(path)
  const lost = seen && seen.sequence > journal.sequence ? seen : undefined
  const idle: Session[] = []
  const cache = cacheBound(path, engine)
  let readers = 0
  let mark: MarkFile | undefined
  let syncedLog: bigint | undefined
  return {
    path,
    engine,
    writer,
    journal,
    tables: tableStates(),
    ledger: batchLedger(),
    lost,
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
      const log = statSync(`${path}.wal`, { throwIfNoEntry: false, bigint: true })
      if (log && log.ino !== syncedLog) {
        syncDirectory(dirname(path))
        syncedLog = log.ino
      }
      mark ??= openMark(path)
      const { sequence, commitId, rowsAdded } = journal
      mark.write({ sequence, commitId, rowsAdded })
      if (readers === 0) await cache.grown()
    },
    async detach() {
      for (const session of idle.splice(0)) session.close()
      mark?.close()
      await writer.run(`detach database if exists ${CATALOG}`)
      await untilClosed(path)
    },
  }
}

async function attach(path: string, session: Session, readOnly: boolean, deadline: number): Promise<void> {
  if (!existsSync(path) && existsSync(`${path}.wal`)) {
    throw new WriterTableError('there is a write-ahead log without its database', {
      committed: 'no',
      context: { path },
      suggestions: ['Put the database back beside it, or move the log away.'],
    })
  }
  for (;;) {
    try {
      await session.run(readOnly ? attachReadOnlySql(path, CATALOG) : attachSql(path, CATALOG))
      return
    } catch (error) {
      const isLocked = engineErrorKind(error) === 'locked'
      if (!isLocked || msUntil(deadline) <= 0) {
        const details = { committed: 'no', context: { path } } as const
        throw fromEngineError(error, 'opening the database', isLocked ? { ...details, transient: false } : details)
      }
      await sleep(10 + Math.random() * 30)
    }
  }
}

/** Resolves when no descriptor of this process is on the file: only then may anybody open it again. */
export async function untilClosed(path: string): Promise<void> {
  for (let attempt = 0; hasOpen(path); attempt++) {
    if (attempt === 200)
      throw new WriterTableError('the engine does not let go of the database file', { context: { path } })
    await sleep(5)
  }
}

function hasOpen(path: string): boolean {
  if (process.platform !== 'linux') return false
  return readdirSync('/proc/self/fd').some((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`)
      return target === path || target === `${path}.wal`
    } catch {
      return false
    }
  })
}
