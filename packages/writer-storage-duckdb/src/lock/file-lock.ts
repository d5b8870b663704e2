import { rmSync, statSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { WriterConcurrencyError } from '@forge/writer-core'
import { msUntil } from './deadline.ts'
import { isSocketFile, lockAddress } from './lock-name.ts'

/** A lock that conflicts between processes, threads and copies of this package, and falls when its owner dies. */
export interface FileLock {
  /** Others that wait for it now. */
  readonly waiting: number
  /** Lets go, and tells those who wait in the order in which they came. Resolves with how many there were. */
  release(): Promise<number>
}

export interface LockOptions {
  /** Milliseconds since 1970, by `steadyNow`, after which waiting ends. */
  readonly deadline: number
  /** Called when somebody starts to wait for a lock that is held. */
  readonly onWaiting?: () => void
  readonly platform?: NodeJS.Platform
}

/** Between the turns of two that wait, so that the first is through before the second tries. */
export const TURN_MS = 3

/** Takes the lock of `key`, waiting in line. Throws WriterConcurrencyError at the deadline. */
export async function acquireLock(key: string, { deadline, onWaiting, platform }: LockOptions): Promise<FileLock> {
  const address = lockAddress(key, platform)
  for (;;) {
    const server = await tryListen(address)
    if (server) return heldLock(server, address, onWaiting)
    const left = msUntil(deadline)
    if (left <= 0) throw timedOut()
    await waitForTurn(address, left)
  }
}

function timedOut(): WriterConcurrencyError {
  return new WriterConcurrencyError('the database file is in use by another writer', {
    committed: 'no',
    // It was waited for: to try again would wait for a multiple of what is set.
    transient: false,
    suggestions: ['Raise lockTimeoutMs.', 'Close what holds the file.'],
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
  // Two may have found the same dead socket file; the one whose file is still there after a moment has the lock.
  const { ino } = statSync(address)
  await sleep(20)
  if (statSync(address, { throwIfNoEntry: false })?.ino === ino) return server
  await closed(server)
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
    onWaiting?.()
  })
  return {
    get waiting() {
      return line.length
    },
    async release() {
      const waiting = line.splice(0)
      for (const [turn, socket] of waiting.entries()) socket.write(Uint8Array.of(Math.min(turn, 255)))
      const done = closed(server)
      for (const socket of waiting) socket.destroySoon()
      await done
      if (isSocketFile(address)) rmSync(address, { force: true })
      return waiting.length
    },
  }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

/** Stands in line until the holder lets go, dies or `leftMs` is over. */
async function waitForTurn(address: string, leftMs: number): Promise<void> {
  let turn = 0
  const outcome = await new Promise<'free' | 'dead' | 'late'>((resolve) => {
    const socket = connect({ path: address })
    const timer = setTimeout(() => finish('late'), leftMs)
    const finish = (how: 'free' | 'dead' | 'late') => {
      clearTimeout(timer)
      socket.destroy()
      resolve(how)
    }
    socket.on('data', (data) => {
      turn = data[0] ?? 0
    })
    socket.once('close', () => finish('free'))
    socket.once('error', (error: NodeJS.ErrnoException) => finish(error.code === 'ECONNREFUSED' ? 'dead' : 'free'))
  })
  if (outcome === 'dead' && isSocketFile(address)) rmSync(address, { force: true })
  // Some jitter keeps those whose holder died from trying in step.
  await sleep(Math.min(leftMs, turn * TURN_MS + Math.random() * 2))
}
