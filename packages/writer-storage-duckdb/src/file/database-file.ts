import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WriterConcurrencyError } from '@forge/writer-core'
import type { EngineOptions } from '../engine/engine.ts'
import type { Session } from '../engine/session.ts'
import type { AttachedFile } from './attached-file.ts'
import { realDatabasePath } from './database-path.ts'
import { engineSlot, type HeldFile, holdFile } from './held-file.ts'
import { type Turn, turns } from './turn.ts'

/** How long the file is kept from those who wait, once somebody does, while there is more to do here. */
const SLICE_MS = 30
/** How long the holder keeps a file that others wait for when it has nothing to do. */
const LINGER_MS = 2

/** One database file, shared by all storages of this process on it. */
export interface DatabaseFile {
  readonly path: string
  /** Runs `work` while the file is held; undefined where there is no file and `create` is not set. */
  use<Result>(work: (file: AttachedFile | undefined) => Promise<Result>, options: UseOptions): Promise<Result>
  /** The same over a span of the caller's: to be ended with `leave()`. */
  enter(options: UseOptions): Promise<{ readonly file: AttachedFile | undefined; leave(): void }>
  /** One write at a time. */
  readonly writes: Turn
  /** Lets go of the file once nothing uses it, and opens it again for the next: for what changes the file itself. */
  letGo(options?: { readonly dropEngine?: boolean }): Promise<void>
  /**
   * Runs `work` when nothing else of this process uses the file, closes the file, and runs what `work` gave back before the lock is let go.
   * Throws WriterConcurrencyError at the deadline.
   */
  exclusive(work: (file: AttachedFile) => Promise<() => Promise<void>>, deadline: number): Promise<void>
  /** A session of the engine, to be closed by the caller, for what needs no file. */
  session(): Promise<Session>
  /** Bytes the engine holds; 0 where it is not there. */
  memoryBytes(): Promise<number>
  /** Settings of the engine, from the next use on. */
  configure(options: EngineOptions): void
  /** The storage is done with it: after the last, everything is closed. */
  leave(): Promise<void>
}

export interface UseOptions {
  readonly deadline: number
  readonly create: boolean
  /** Whether the caller's own code runs before the end, and may use the file again. */
  readonly streams?: boolean
}

const files = new Map<string, DatabaseFile & { users: number }>()

export interface SharedOptions {
  readonly readOnly: boolean
  readonly idleMs: number
  readonly engine: EngineOptions
}

/** The one handle for the file in this process. */
export function databaseFile(path: string, options: SharedOptions): DatabaseFile {
  const real = realDatabasePath(path)
  const key = `${options.readOnly ? 'r' : 'w'}:${real}`
  const known = files.get(key)
  if (known) {
    known.users++
    return known
  }
  const file = { ...makeFile(real, options, () => leave()), users: 1 }
  const leave = async () => {
    if (--file.users > 0) return
    files.delete(key)
    await file.letGo({ dropEngine: true })
  }
  files.set(key, file)
  return file
}

function makeFile(path: string, shared: SharedOptions, leave: () => Promise<void>): DatabaseFile {
  let engineOptions = shared.engine
  const slot = engineSlot(() => engineOptions)
  let held: HeldFile | undefined
  let opening: Promise<HeldFile | undefined> | undefined
  let closing: Promise<void> | undefined
  let users = 0
  let streams = 0
  let heldSince = 0
  let timer: NodeJS.Timeout | undefined
  let gate: Promise<void> | undefined
  let hasNewSettings = false

  const applySettings = async () => {
    if (!hasNewSettings) return
    hasNewSettings = false
    const { engine } = await slot.get()
    await engine.configure(engineOptions)
  }
  const release = (beforeUnlock?: () => Promise<void>) => {
    clearTimeout(timer)
    if (!held || closing) return
    const leaving = held
    closing = leaving.release(beforeUnlock).finally(() => {
      held = undefined
      closing = undefined
    })
    closing.catch(() => undefined)
  }
  const planRelease = () => {
    clearTimeout(timer)
    if (users > 0 || !held) return
    timer = setTimeout(() => release(), held.waiting > 0 ? LINGER_MS : shared.idleMs)
    timer.unref()
  }
  const mustYield = () => held !== undefined && held.waiting > 0 && streams === 0 && Date.now() - heldSince > SLICE_MS
  const hold = async ({ deadline, create }: UseOptions) => {
    held = await holdFile(path, slot, { deadline, create, readOnly: shared.readOnly, onWaiting: planRelease })
    heldSince = Date.now()
    return held
  }
  const enter = async (options: UseOptions): Promise<AttachedFile | undefined> => {
    for (;;) {
      if (gate) await gate
      else if (closing) await closing.catch(() => undefined)
      else if (held && mustYield()) {
        if (users === 0) release()
        else await drained()
      } else if (held) break
      else {
        if (!options.create && !existsSync(path) && !existsSync(`${path}.wal`)) return undefined
        opening ??= hold(options).finally(() => {
          opening = undefined
        })
        if (!(await opening)) return undefined
      }
    }
    users++
    if (options.streams) streams++
    clearTimeout(timer)
    await applySettings()
    return held.attached
  }
  const idlers: (() => void)[] = []
  const drained = () => new Promise<void>((resolve) => idlers.push(resolve))
  const exit = (options: UseOptions) => {
    users--
    if (options.streams) streams--
    if (users === 0) for (const wake of idlers.splice(0)) wake()
    planRelease()
  }
  return {
    path,
    writes: turns(),
    leave,
    async enter(options) {
      const file = await enter(options)
      return { file, leave: () => file && exit(options) }
    },
    async use(work, options) {
      const file = await enter(options)
      try {
        return await work(file)
      } finally {
        if (file) exit(options)
      }
    },
    async letGo({ dropEngine = false } = {}) {
      while (held || opening || closing) {
        if (opening) await opening.catch(() => undefined)
        else if (users > 0) await drained()
        else {
          release()
          await closing
        }
      }
      if (dropEngine) slot.drop()
    },
    memoryBytes: async () => (slot.isOpen ? (await slot.get()).engine.memoryBytes() : 0),
    session: async () => (await slot.get()).engine.session(),
    configure(options) {
      engineOptions = { ...engineOptions, ...options }
      hasNewSettings = true
    },
    async exclusive(work, deadline) {
      const options = { deadline, create: false }
      const file = await enter(options)
      if (!file) return
      let open = () => {}
      gate = new Promise((resolve) => {
        open = resolve
      })
      try {
        while (users > 1) {
          if (Date.now() > deadline)
            throw new WriterConcurrencyError('the file is in use by reads', { committed: 'no' })
          await sleep(5)
        }
        const last = await work(file)
        release(last)
        await closing
      } finally {
        gate = undefined
        exit(options)
        open()
      }
    },
  }
}
