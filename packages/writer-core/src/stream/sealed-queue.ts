import type { SealedRows } from '../write/row-writer.ts'

/** Writes sealed rows in order, one at a time. Rows that failed stay first in line; the next call tries them again. */
export interface SealedQueue {
  push(rows: SealedRows): void
  /** Writes until at most `atMost` are left. Throws if a write fails. */
  drain(atMost: number): Promise<void>
  /** Writes in the background. Failures are thrown by {@link SealedQueue.throwFailure}. */
  drainInBackground(): void
  /** Throws the failure of a background write, once. */
  throwFailure(): void
  readonly waitingRows: number
  readonly rowsWritten: number
}

export function sealedQueue(write: (rows: SealedRows) => Promise<number>): SealedQueue {
  const waiting: SealedRows[] = []
  let pumping: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let rowsWritten = 0

  const pump = (): Promise<void> => {
    pumping ??= (async () => {
      for (let [next] = waiting; next; [next] = waiting) {
        rowsWritten += await write(next)
        waiting.shift()
      }
    })().finally(() => {
      pumping = undefined
    })
    return pumping
  }
  return {
    push(rows) {
      waiting.push(rows)
    },
    async drain(atMost) {
      while (waiting.length > atMost) await pump()
      failure = undefined
    },
    drainInBackground() {
      pump().catch((error: unknown) => {
        failure = { error }
      })
    },
    throwFailure() {
      if (!failure) return
      const { error } = failure
      failure = undefined
      throw error
    },
    get waitingRows() {
      return waiting.reduce((sum, { rowCount }) => sum + rowCount, 0)
    },
    get rowsWritten() {
      return rowsWritten
    },
  }
}
