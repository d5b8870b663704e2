import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { type KnownLoss, WriterConcurrencyError } from '@forge/writer-core'
import { msUntil, steadyNow } from '@forge/writer-core/lock'
import type { EngineOptions } from '../engine/engine.ts'
import { engineErrorKind } from '../engine/engine-errors.ts'
import type { Session } from '../engine/session.ts'
import type { AttachedFile } from './attached-file.ts'
import { type EngineSlot, engineSlot, type HeldFile, holdFile } from './held-file.ts'
import { missingFileLoss } from './known-loss.ts'
import { turns } from './turn.ts'

/** The time for which this process keeps using a file that others wait for. */
const SLICE_MS = 30
/** The time for which this process keeps an idle file that others wait for. */
const LINGER_MS = 2

export interface UseOptions {
  readonly deadline: number
  /** Creates the database if it does not exist. */
  readonly create: boolean
  /** True if code of the caller runs before the use ends. That code may use the file again. */
  readonly streams?: boolean | undefined
}

export interface SharedOptions {
  readonly readOnly: boolean
  readonly idleMs: number
  /** The storage version of a new file. Default: see {@link attachNewSql}. */
  readonly storageVersion: string | undefined
  readonly engine: EngineOptions
}

export interface LetGoOptions {
  /** Closes the engine too, after an error that stopped it or at the end. Default false. */
  readonly dropEngine?: boolean | undefined
  readonly deadline?: number | undefined
}

/** Opens and releases one database file for all its users in this process. Its states are drawn in docs/decisions/shared-file.md. */
export class SharedFile {
  readonly path: string
  /** Makes writes take turns. */
  readonly writes = turns()
  readonly #shared: SharedOptions
  readonly #slot: EngineSlot
  #engineOptions: EngineOptions
  #hasNewSettings = false
  #isBroken = false
  #lost: KnownLoss | undefined
  readonly #lossListeners = new Set<(loss: KnownLoss) => void>()
  #held: HeldFile | undefined
  #heldSince = 0
  #opening: Promise<HeldFile | undefined> | undefined
  #closing: Promise<void> | undefined
  #waits = new AbortController()
  #gate: Promise<void> | undefined
  #users = 0
  #streams = 0
  #timer: NodeJS.Timeout | undefined
  readonly #waitingForIdle: (() => void)[] = []

  constructor(path: string, shared: SharedOptions) {
    this.path = path
    this.#shared = shared
    this.#engineOptions = shared.engine
    this.#slot = engineSlot(() => this.#engineOptions)
  }

  /** Runs `work` while the file is held. `work` gets undefined if the file does not exist and `create` is false. */
  async use<Result>(work: (file: AttachedFile | undefined) => Promise<Result>, options: UseOptions): Promise<Result> {
    const { file, leave } = await this.enter(options)
    try {
      return await work(file)
    } catch (error) {
      this.noteFailure(error)
      throw error
    } finally {
      leave()
    }
  }

  /** Schedules the file to be reopened before its next use, and returns true, if the error shows that the engine can no longer use it. */
  noteFailure(error: unknown): boolean {
    const isFatal = engineErrorKind((error as { cause?: unknown } | undefined)?.cause ?? error) === 'fatal'
    if (isFatal) this.#isBroken = true
    return isFatal
  }

  /** Starts a use of the file that the caller ends with `leave()`. Otherwise like {@link use}. */
  async enter(options: UseOptions): Promise<{ readonly file: AttachedFile | undefined; leave(): void }> {
    while (!(await this.#isAdmitted())) {
      if (!options.create && !this.#hasFile()) {
        this.#reportLoss(missingFileLoss(this.path))
        return { file: undefined, leave: () => {} }
      }
      await this.#open(options)
    }
    const file = this.#held?.attached
    if (options.streams) this.#streams++
    try {
      await this.#applySettings()
    } catch (error) {
      this.#leave(options)
      throw error
    }
    return { file, leave: () => this.#leave(options) }
  }

  /** Ends the statements that run now, and the wait for the lock, with an error. */
  interrupt(): void {
    this.#waits.abort()
    this.#waits = new AbortController()
    this.#slot.interrupt()
  }

  /** Releases the file as soon as nothing uses it. Throws WriterConcurrencyError at the deadline, if there is one. */
  async letGo({ dropEngine = false, deadline }: LetGoOptions = {}): Promise<void> {
    while (this.#held || this.#opening || this.#closing) {
      if (this.#opening) await this.#opening.catch(() => undefined)
      else if (this.#users > 0) await this.#idle(deadline)
      else {
        this.#release()
        await this.#closing
      }
    }
    if (dropEngine) this.#slot.drop()
  }

  /**
   * Runs `work` while nothing else in this process uses the file, closes the file, and runs the function that `work` returned before it releases the
   * lock. Throws WriterConcurrencyError at the deadline.
   */
  async exclusive(work: (file: AttachedFile) => Promise<() => Promise<void>>, deadline: number): Promise<void> {
    const { file, leave } = await this.enter({ deadline, create: false })
    if (!file) return
    let open = () => {}
    this.#gate = new Promise((resolve) => {
      open = resolve
    })
    try {
      while (this.#users > 1) {
        if (msUntil(deadline) <= 0) throw inUse()
        await sleep(5)
      }
      this.#release(await work(file))
      await this.#closing
    } catch (error) {
      this.noteFailure(error)
      throw error
    } finally {
      this.#gate = undefined
      leave()
      open()
    }
  }

  /** Opens a session of the engine for work that needs no file. The caller closes it. */
  async session(): Promise<Session> {
    return (await this.#slot.get()).engine.session()
  }

  /** Returns the number of bytes in the engine's buffers, or 0 if the engine is closed. */
  async memoryBytes(): Promise<number> {
    return this.#slot.isOpen ? (await this.#slot.get()).engine.memoryBytes() : 0
  }

  /** Changes settings of the engine from the next use on. */
  configure(options: EngineOptions): void {
    this.#engineOptions = { ...this.#engineOptions, ...options }
    this.#hasNewSettings = true
  }

  /** Calls the listener for each loss of the file when it is detected, and immediately for a loss that is already known. */
  onLoss(listener: (loss: KnownLoss) => void): () => void {
    this.#lossListeners.add(listener)
    if (this.#lost) listener(this.#lost)
    return () => this.#lossListeners.delete(listener)
  }

  #reportLoss(lost: KnownLoss | undefined): void {
    const isNew = lost !== undefined && lost.detail !== this.#lost?.detail
    this.#lost = lost
    if (lost && isNew) for (const listener of this.#lossListeners) listener(lost)
  }

  #hasFile(): boolean {
    return existsSync(this.path) || existsSync(`${this.path}.wal`)
  }

  /** Waits for running transitions. Returns true if the file is held; the caller then counts as a user. */
  async #isAdmitted(): Promise<boolean> {
    for (;;) {
      if (this.#gate) await this.#gate
      else if (this.#closing) await this.#closing.catch(() => undefined)
      else if (!this.#held) return false
      else if (!this.#mustYield()) {
        // The user is counted immediately: a release could otherwise start before the caller continues.
        this.#users++
        clearTimeout(this.#timer)
        return true
      } else if (this.#users > 0) await this.#idle()
      else this.#release()
    }
  }

  // The consumer of a stream may write before it reads on, so no call of this process may wait while a stream is open.
  #mustYield(): boolean {
    if (this.#isBroken && this.#streams === 0) return true
    if (this.#users === 0 && this.#held?.attached.isInPlace() === false) return true
    const waiting = this.#held?.waiting ?? 0
    return waiting > 0 && this.#streams === 0 && steadyNow() - this.#heldSince > SLICE_MS
  }

  async #open({ deadline, create }: UseOptions): Promise<void> {
    if (this.#opening) return this.#awaitOpening(this.#opening, deadline)
    const { readOnly, storageVersion } = this.#shared
    const onWaiting = () => this.#planRelease()
    const { signal } = this.#waits
    this.#opening = holdFile(this.path, this.#slot, { deadline, create, readOnly, storageVersion, onWaiting, signal })
      .then((held) => {
        this.#held = held
        this.#reportLoss(held?.attached.lost)
        this.#heldSince = steadyNow()
        return held
      })
      .finally(() => {
        this.#opening = undefined
      })
    await this.#opening
    this.#planRelease()
  }

  /** Waits while another call opens the file, until this call's own deadline. An error of the other call does not end this call. */
  async #awaitOpening(opening: Promise<unknown>, deadline: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => reject(inUse()), Math.max(0, msUntil(deadline)))
    })
    try {
      await Promise.race([opening.catch(() => undefined), late])
    } finally {
      clearTimeout(timer)
    }
  }

  async #applySettings(): Promise<void> {
    if (!this.#hasNewSettings) return
    this.#hasNewSettings = false
    await (await this.#slot.get()).engine.configure(this.#engineOptions)
  }

  #leave({ streams }: UseOptions): void {
    this.#users--
    if (streams) this.#streams--
    if (this.#users === 0) for (const wake of this.#waitingForIdle.splice(0)) wake()
    this.#planRelease()
  }

  #idle(deadline?: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const late = () => reject(inUse())
      const timer = deadline === undefined ? undefined : setTimeout(late, msUntil(deadline))
      this.#waitingForIdle.push(() => {
        clearTimeout(timer)
        resolve()
      })
    })
  }

  #planRelease(): void {
    clearTimeout(this.#timer)
    if (this.#users > 0 || !this.#held) return
    this.#timer = setTimeout(() => this.#release(), this.#held.waiting > 0 ? LINGER_MS : this.#shared.idleMs)
    this.#timer.unref()
  }

  #release(beforeUnlock?: () => Promise<void>): void {
    clearTimeout(this.#timer)
    if (!this.#held || this.#closing) return
    this.#closing = this.#held.release(beforeUnlock).finally(() => {
      if (this.#isBroken) this.#slot.drop()
      this.#isBroken = false
      this.#held = undefined
      this.#closing = undefined
    })
    this.#closing.catch(() => undefined)
  }
}

function inUse(): WriterConcurrencyError {
  return new WriterConcurrencyError('the file is in use by reads of this process', {
    committed: 'no',
    transient: false,
  })
}
