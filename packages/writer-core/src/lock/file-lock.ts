import { rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { type LockWait, traceCall } from '../diagnostics/trace-call.ts'
import { WriterConcurrencyError } from '../errors/kinds.ts'
import { msUntil } from './deadline.ts'
import { isSocketFile, lockAddress } from './lock-name.ts'

/** A lock that conflicts between processes, threads and copies of this package, and is released when its owner dies. */
export interface FileLock {
  /** The number of others that wait for the lock now. */
  readonly waiting: number
  /** Releases the lock and notifies those who wait, in the order of their arrival. Resolves with their number. */
  release(): Promise<number>
}

export interface LockOptions {
  /** The time at which waiting ends, by `steadyNow`. */
  readonly deadline: number
  /** Called when another owner starts to wait for this lock. */
  readonly onWaiting?: (() => void) | undefined
  /** Ends the wait with an error. */
  readonly signal?: AbortSignal | undefined
  readonly platform?: NodeJS.Platform | undefined
}

/** The delay between the turns of two waiting owners, so that the first succeeds before the second tries. */
export const TURN_MS = 3

/** Acquires the lock of `key`, in the order of arrival. Throws WriterConcurrencyError at the deadline, and if the signal is aborted. */
export function acquireLock(key: string, options: LockOptions): Promise<FileLock> {
  return traceWait(key, (wait) => waitForLock(wait, options))
}

/** Publishes a wait for a lock to those who listen, with its holder as soon as `work` sets it. */
export function traceWait<Result>(key: string, work: (wait: LockWait) => Promise<Result>): Promise<Result> {
  return traceCall('lock', { key }, work)
}

async function waitForLock(wait: LockWait, options: LockOptions): Promise<FileLock> {
  const { deadline, onWaiting, signal, platform } = options
  const address = lockAddress(wait.key, platform)
  const learn = (holder: number) => {
    wait.holder = holder
  }
  for (;;) {
    const server = await tryListen(address)
    if (server) return heldLock(server, address, onWaiting)
    if (signal?.aborted) throw timedOut(wait.holder)
    const left = msUntil(deadline)
    if (left <= 0) {
      if (wait.holder === undefined) await waitForTurn(address, ASK_MS, { learn })
      throw timedOut(wait.holder)
    }
    await waitForTurn(address, left, { learn, signal })
  }
}

function timedOut(processId: number | undefined): WriterConcurrencyError {
  const own = processId === process.pid ? ' (this one, by another storage or thread)' : ''
  const user = processId === undefined ? 'another writer' : `process ${processId}${own}`
  return new WriterConcurrencyError(`the database file is in use by ${user}`, {
    committed: 'no',
    context: { engineError: 'locked', processId },
    // Not transient: a retry would wait for lockTimeoutMs again.
    transient: false,
    suggestions: ['Raise lockTimeoutMs.', 'Close the program that holds the file.'],
  })
}

async function tryListen(address: string): Promise<Server | undefined> {
  const server = createServer()
  const isListening = await new Promise<boolean>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' || error.code === 'EACCES' ? resolve(false) : reject(error),
    )
    server.listen({ path: address, exclusive: true }, () => resolve(true))
  })
  if (!isListening) return undefined
  server.unref()
  if (!isSocketFile(address)) return server
  // Two processes may have found the same dead socket file. The lock belongs to the one whose file still exists after a moment.
  const { ino } = statSync(address)
  await sleep(20)
  if (statSync(address, { throwIfNoEntry: false })?.ino === ino) return server
  await closeServer(server)
  return undefined
}

function heldLock(server: Server, address: string, onWaiting: (() => void) | undefined): FileLock {
  const line: Socket[] = []
  server.on('connection', (socket) => {
    socket.unref()
    line.push(socket)
    const leave = () => {
      const at = line.indexOf(socket)
      if (at >= 0) line.splice(at, 1)
    }
    socket.once('error', leave)
    socket.once('close', leave)
    socket.resume()
    socket.write(greeting())
    onWaiting?.()
  })
  return {
    get waiting() {
      return line.length
    },
    async release() {
      const waiting = line.splice(0)
      for (const [turn, socket] of waiting.entries()) socket.write(Uint8Array.of(Math.min(turn, 255)))
      const done = closeServer(server)
      for (const socket of waiting) socket.destroySoon()
      await done
      if (isSocketFile(address)) rmSync(address, { force: true })
      return waiting.length
    },
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Returns the holder's message to a new connection: a NUL, the process id, and a line break. */
function greeting(): string {
  return `\0${process.pid}\n`
}

interface TurnOptions {
  /** Receives the holder's process id, if it is known. */
  readonly learn: (holder: number) => void
  readonly signal?: AbortSignal | undefined
}

/** Waits until the holder releases the lock or dies, until `leftMs` has passed, or until the signal is aborted. */
async function waitForTurn(address: string, leftMs: number, { learn, signal }: TurnOptions): Promise<void> {
  let heard = ''
  const outcome = await new Promise<'free' | 'dead' | 'late'>((resolve) => {
    const socket = connect({ path: address })
    const timer = setTimeout(() => finish('late'), leftMs)
    const stop = () => finish('late')
    signal?.addEventListener('abort', stop)
    const finish = (how: 'free' | 'dead' | 'late') => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      socket.destroy()
      resolve(how)
    }
    socket.on('data', (data) => {
      heard += data.toString('latin1')
      const { holder } = parseMessages(heard)
      if (holder !== undefined) learn(holder)
    })
    socket.once('close', () => finish('free'))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNREFUSED' ? 'dead' : 'free'))
  })
  if (outcome === 'dead' && isSocketFile(address)) rmSync(address, { force: true })
  const { turn } = parseMessages(heard)
  // Jitter: otherwise all waiting processes would try at the same moment after their holder died.
  await sleep(Math.min(leftMs, turn * TURN_MS + Math.random() * 2))
}

function parseMessages(text: string): { readonly holder: number | undefined; readonly turn: number } {
  const [, processId, rest = text] = /^\0(\d+)\n(.*)$/s.exec(text) ?? []
  return { holder: processId === undefined ? undefined : Number(processId), turn: rest.charCodeAt(0) || 0 }
}

/** The time that a call which must not wait gives the holder to name its process. */
const ASK_MS = 50
