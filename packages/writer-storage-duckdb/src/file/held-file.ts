import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { acquireLock, type FileLock, TURN_MS } from '@forge/writer-core/lock'
import { type Engine, type EngineOptions, openEngine } from '../engine/engine.ts'
import { engineErrorKind, fromEngineError } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import { type AttachedFile, attachFile } from './attached-file.ts'
import { createDatabaseFile, removeNewDatabase } from './create-file.ts'
import { inodeKey } from './database-path.ts'
import { noteInherited, untilClosed } from './open-descriptors.ts'

/** The lock, the engine and the attached file of a process that holds a database. */
export interface HeldFile {
  readonly attached: AttachedFile
  /** The number of processes and storages that wait for the file. */
  readonly waiting: number
  /** Releases file and lock, and gives waiting processes a moment to take them. The engine stays open for the next time. */
  release(beforeUnlock?: () => Promise<void>): Promise<void>
}

export interface EngineSlot {
  readonly isOpen: boolean
  /** Returns the engine and its session for writes. Opens the engine if it is closed. */
  get(): Promise<{ readonly engine: Engine; readonly writer: Session }>
  /** Ends the statements that run in the engine with an error. */
  interrupt(): void
  /** Closes the engine, after an error that stopped it or at the end. */
  drop(): void
}

/** Keeps one engine while the file is held and released many times, as attaching is far cheaper than starting an engine. */
export function engineSlot(options: () => EngineOptions): EngineSlot {
  let current: Promise<{ engine: Engine; writer: Session }> | undefined
  const open = async () => {
    const engine = await openEngine(options())
    return { engine, writer: await engine.session() }
  }
  return {
    get isOpen() {
      return current !== undefined
    },
    get() {
      current ??= open()
      current.catch(() => {
        current = undefined
      })
      return current
    },
    interrupt() {
      current?.then(
        ({ engine }) => engine.interrupt(),
        () => undefined,
      )
    },
    drop() {
      const dropped = current
      current = undefined
      dropped?.then(({ engine, writer }) => {
        writer.close()
        engine.close()
      })
    },
  }
}

export interface HoldOptions {
  readonly deadline: number
  readonly readOnly: boolean
  /** Creates the database if it does not exist. If false, the result is undefined in that case. */
  readonly create: boolean
  /** The storage version of a new database. */
  readonly storageVersion: string | undefined
  readonly onWaiting: () => void
  /** Ends the wait for the lock. */
  readonly signal: AbortSignal
}

/** Acquires the lock and attaches the file. Throws WriterConcurrencyError at the deadline. */
export async function holdFile(path: string, slot: EngineSlot, options: HoldOptions): Promise<HeldFile | undefined> {
  const { deadline, onWaiting, signal } = options
  const locks: FileLock[] = []
  let isAttaching = false
  let isNew = false
  try {
    locks.push(await acquireLock(`path:${path}`, { deadline, onWaiting, signal }))
    noteInherited(path)
    if (!existsSync(path) && !existsSync(`${path}.wal`) && !options.create) {
      await releaseLocks(locks)
      return undefined
    }
    const { engine, writer } = await slot.get()
    if (!existsSync(path) && !existsSync(`${path}.wal`)) {
      await createDatabaseFile(writer, path, options.storageVersion)
      isNew = true
    }
    const inode = inodeKey(path)
    if (inode !== undefined) locks.push(await acquireLock(`inode:${inode}`, { deadline, onWaiting, signal }))
    isAttaching = true
    const attached = await attachFile(path, engine, writer, options)
    return holding(attached, locks, slot)
  } catch (error) {
    try {
      if (isAttaching) await closeFile(path, slot)
      if (isNew) removeNewDatabase(path)
      await releaseLocks(locks)
    } catch {
      // The lock stays with a file that this process still has open. The first error is the one to report.
    }
    if (engineErrorKind((error as { cause?: unknown }).cause ?? error) === 'fatal') slot.drop()
    throw fromEngineError(error, 'opening the database', { committed: 'no', context: { path } })
  }
}

function holding(attached: AttachedFile, locks: readonly FileLock[], slot: EngineSlot): HeldFile {
  return {
    attached,
    get waiting() {
      return locks.reduce((sum, lock) => sum + lock.waiting, 0)
    },
    async release(beforeUnlock) {
      try {
        await attached.detach()
      } catch {
        // An engine that cannot detach the file is closed. The lock stays until the file is really closed.
        slot.drop()
        await untilClosed(attached.path)
      }
      try {
        await beforeUnlock?.()
      } finally {
        const waiting = await releaseLocks(locks)
        if (waiting > 0) await sleep((waiting + 1) * TURN_MS)
      }
    },
  }
}

// A file that was attached but cannot be used must be closed before its lock is released.
async function closeFile(path: string, slot: EngineSlot): Promise<void> {
  try {
    const { writer } = await slot.get()
    await writer.run(`detach database if exists ${CATALOG}`)
  } catch {
    slot.drop()
  }
  await untilClosed(path)
}

async function releaseLocks(locks: readonly FileLock[]): Promise<number> {
  let waiting = 0
  for (const lock of [...locks].reverse()) waiting += await lock.release()
  return waiting
}
