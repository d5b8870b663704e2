import { writeSync } from 'node:fs'

/** Something that has rows in memory. */
export interface Buffered {
  readonly unsavedRows: number
  flush(): Promise<void>
}

const buffered = new Set<Buffered>()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Flushes when the process ends gracefully: nothing is left to do, or one of SIGINT, SIGTERM and SIGHUP arrives (it ends the process afterwards,
 * unless somebody else listens for it too). `process.exit()` leaves no time: then the rows that are lost are told on standard error.
 * Returns the function that takes it out again.
 */
export function flushOnExit(each: Buffered): () => void {
  if (buffered.size === 0) listen()
  buffered.add(each)
  return () => {
    if (buffered.delete(each) && buffered.size === 0) stopListening()
  }
}

function listen(): void {
  process.on('beforeExit', beforeExit)
  process.on('exit', tellLoss)
  for (const signal of SIGNALS) process.on(signal, onSignal)
}

function stopListening(): void {
  process.off('beforeExit', beforeExit)
  process.off('exit', tellLoss)
  for (const signal of SIGNALS) process.off(signal, onSignal)
}

/** Those that could not be flushed are not tried again: each attempt keeps the process alive for one more. */
const given = new WeakSet<Buffered>()

async function flushAll(): Promise<void> {
  const waiting = [...buffered].filter((each) => each.unsavedRows > 0 && !given.has(each))
  const results = await Promise.allSettled(waiting.map((each) => each.flush()))
  for (const [at, { status }] of results.entries()) {
    const each = waiting[at]
    if (status === 'rejected' && each) {
      given.add(each)
      process.exitCode = 1
    }
  }
}

function beforeExit(): void {
  void flushAll()
}

function onSignal(signal: NodeJS.Signals): void {
  const isAlone = process.listenerCount(signal) === 1
  void flushAll().then(() => {
    if (!isAlone) return
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
  })
}

function tellLoss(): void {
  const rows = [...buffered].reduce((sum, { unsavedRows }) => sum + unsavedRows, 0)
  if (rows > 0)
    writeSync(2, `forge-writer: ${rows} buffered rows were not written; close the writer before the process exits\n`)
}
