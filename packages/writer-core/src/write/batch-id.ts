import { createHash } from 'node:crypto'
import type { LogBatch } from '../batch/log-batch.ts'
import { valueAt } from '../batch/rows.ts'
import type { TableBatch } from './row-intake.ts'

/** The columns that the writer sets; they differ with each write. */
const WRITE_TIMES = new Set(['created_at', 'updated_at'])

/** Returns the batch id of a run's rows. The same rows of the same run always have the same id. */
export function idempotentBatchId(runId: string, batches: readonly TableBatch[]): string {
  const hash = createHash('sha256').update(JSON.stringify(runId))
  for (const { handle, batch } of batches) {
    hash.update(JSON.stringify(handle.fqn))
    addBatch(hash, batch)
  }
  return `run:${runId}:${hash.digest('hex').slice(0, 32)}`
}

function addBatch(hash: ReturnType<typeof createHash>, { columns, vectors, rowCount }: LogBatch): void {
  for (const [at, vector] of vectors.entries()) {
    const column = columns[at]
    if (column === undefined || WRITE_TIMES.has(column.name)) continue
    hash.update(JSON.stringify([column.name, column.type]))
    for (let row = 0; row < rowCount; row++) {
      const value = valueAt(vector, column.type, row)
      hash.update(typeof value === 'string' ? JSON.stringify(value) : String(value)).update(',')
    }
  }
}
