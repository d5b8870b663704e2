import type { LogBatch, LogTable } from '@forge/writer-core'
import { concatBatches } from '@forge/writer-core/storage'

const COMMIT_ROWS = 100_000

export interface TableCopy {
  readonly from: LogTable
  readonly into: LogTable
  /** The version of the source table; it is part of the batch ids. */
  readonly version: number
  readonly signal: AbortSignal
  /** Called after each commit with the number of rows copied so far. */
  readonly progress?: ((rows: number) => void) | undefined
}

/** Appends all rows of a table to another table in commits of 100,000 rows. Resolves with the number of copied rows. */
export async function copyTable({ from, into, version, signal, progress }: TableCopy): Promise<number> {
  let rows = 0
  let commits = 0
  let waiting: LogBatch[] = []
  let waitingRows = 0
  const flush = async () => {
    await into.append(concatBatches(waiting), { batchId: `copy:${version}:${commits++}`, note: { source: 'copy' } })
    rows += waitingRows
    waiting = []
    waitingRows = 0
    progress?.(rows)
  }
  for await (const batch of from.scan({ signal })) {
    waiting.push(batch)
    waitingRows += batch.rowCount
    if (waitingRows >= COMMIT_ROWS) await flush()
  }
  if (waitingRows > 0) await flush()
  return rows
}
