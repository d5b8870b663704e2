import type { LogRowInput, LogWriter } from '@forge/writer-core'
import { batchIdOf, type RowBatch, writeBatch } from '../store/row-batch.ts'

/** Takes the rows of the steps of one run. */
export interface RowSink {
  /** Adds a row. Returns a promise only if the caller has to wait. */
  add(row: LogRowInput): Promise<void> | undefined
  /** Adds the last rows, and stops. Resolves with the batches that are still to be written, in their order. */
  end(rows: readonly LogRowInput[]): Promise<RowBatch[]>
}

const FLUSH_INTERVAL_MS = 5000
/** The number of batches in memory beyond which steps wait. */
const MAX_WAITING = 4

/**
 * Collects rows and writes them in batches, each of which is one commit. A batch that could not be written stays as it is, since it may have been stored
 * nevertheless, and is tried again with the next one.
 */
export function writerSink(writer: LogWriter, run: { readonly runId: string; readonly spanId: string }): RowSink {
  const { batchSize } = writer.config
  const waiting: RowBatch[] = []
  let rows: LogRowInput[] = []
  let sealed = 0
  let writing: Promise<void> | undefined
  let timer: NodeJS.Timeout | undefined
  const seal = () => {
    clearTimeout(timer)
    timer = undefined
    if (rows.length > 0) waiting.push({ id: batchIdOf(run, `steps:${sealed++}`), rows })
    rows = []
  }
  const writeWaiting = async () => {
    for (let batch = waiting[0]; batch; batch = waiting[0]) {
      await writeBatch(writer, batch)
      waiting.shift()
    }
  }
  const start = () => {
    // An error is reported at the end of the run, if the rows cannot be written then either.
    writing ??= writeWaiting()
      .catch(() => undefined)
      .finally(() => {
        writing = undefined
      })
    return writing
  }
  return {
    add(row) {
      rows.push(row)
      if (rows.length >= batchSize) {
        seal()
        const started = start()
        return waiting.length > MAX_WAITING ? started : undefined
      }
      timer ??= setTimeout(() => {
        seal()
        void start()
      }, FLUSH_INTERVAL_MS).unref()
      return undefined
    },
    async end(last) {
      clearTimeout(timer)
      await writing
      return [...waiting.splice(0), { id: batchIdOf(run, 'end'), rows: [...rows.splice(0), ...last] }]
    },
  }
}
