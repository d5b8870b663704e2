import { WriterTableError } from '../errors/kinds.ts'

/** Lets calls in until the writer closes, and knows which still run. */
export interface CallGate {
  assertOpen(): void
  run<Result>(call: () => Promise<Result>): Promise<Result>
  /**
   * Refuses further calls, waits for those that run, then closes by `work`, once. Where `beforehand` fails nothing is closed, so that it can be called
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
        suggestions: ['Make a new writer; close() is the last call of one.'],
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
