import { WriterTableError } from '../errors/kinds.ts'

/** Admits calls until the writer closes, and tracks those that are running. */
export interface CallGate {
  assertOpen(): void
  run<Result>(call: () => Promise<Result>): Promise<Result>
  /**
   * Rejects further calls, waits for running ones, then runs `work` once. If `beforehand` fails, nothing is closed, and it can be called
   * again.
   */
  close(beforehand: () => Promise<void>, work: () => Promise<void>): Promise<void>
}

export function callGate(): CallGate {
  const running = new Set<Promise<unknown>>()
  let closing: Promise<void> | undefined
  let isClosed = false
  const assertOpen = () => {
    if (isClosed) {
      throw new WriterTableError('the writer is closed', {
        committed: 'no',
        suggestions: ['Create a new writer: a closed writer cannot be used again.'],
      })
    }
  }
  return {
    assertOpen,
    async run(call) {
      assertOpen()
      const result = call()
      running.add(result)
      try {
        return await result
      } finally {
        running.delete(result)
      }
    },
    close(beforehand, work) {
      closing ??= (async () => {
        await beforehand()
        isClosed = true
        await Promise.allSettled(running)
        await work()
      })().catch((error: unknown) => {
        closing = undefined
        throw error
      })
      return closing
    },
  }
}
