import { writeSync } from 'node:fs'

/** An object with rows in memory. */
export interface Buffered {
  readonly unsavedRows: number
  flush(): Promise<void>
}

const buffered = new Set<Buffered>()
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Flushes buffered rows when the process ends normally: when no work is left, or on SIGINT, SIGTERM or SIGHUP (the process then ends with the signal,
 * unless there are other listeners). `process.exit()` leaves no time for a flush: then the number of lost rows is written to standard error.
 * Returns the function that removes the object again.
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

/** Objects whose flush failed. They are not flushed again, since each attempt keeps the process alive for another one. */
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
