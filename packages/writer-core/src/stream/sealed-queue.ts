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
  /** True while rows are being written. */
  readonly isWriting: boolean
  /** Number of rows that were pushed and are not written yet. */
  readonly waitingRows: number
  readonly rowsWritten: number
}

/** `onEmpty` is called when the last rows in line were written; what it pushes is written next. */
export function sealedQueue(write: (rows: SealedRows) => Promise<number>, onEmpty: () => void): SealedQueue {
  const waiting: SealedRows[] = []
  let writing: Promise<void> | undefined
  let failure: { readonly error: unknown } | undefined
  let rowsWritten = 0

  const writeFirst = async (first: SealedRows) => {
    rowsWritten += await write(first)
    waiting.shift()
    if (waiting.length === 0) onEmpty()
  }
  const writeUntil = async (atMost: number) => {
    for (let [first] = waiting; first && waiting.length > atMost; [first] = waiting) {
      writing ??= writeFirst(first).finally(() => {
        writing = undefined
      })
      await writing
    }
  }
  return {
    push(rows) {
      waiting.push(rows)
    },
    async drain(atMost) {
      await writeUntil(atMost)
      failure = undefined
    },
    drainInBackground() {
      writeUntil(0).catch((error: unknown) => {
        failure = { error }
      })
    },
    throwFailure() {
      if (!failure) return
      const { error } = failure
      failure = undefined
      throw error
    },
    get isWriting() {
      return writing !== undefined
    },
    get waitingRows() {
      return waiting.reduce((sum, { rowCount }) => sum + rowCount, 0)
    },
    get rowsWritten() {
      return rowsWritten
    },
  }
}
