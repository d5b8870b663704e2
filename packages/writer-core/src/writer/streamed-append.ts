import { setImmediate } from 'node:timers/promises'
import type { LogBatch } from '../batch/log-batch.ts'
import { isRouted } from '../config/table-name.ts'
import type { CommitResult } from '../storage/commit.ts'
import { withRetries } from './retry.ts'
import { type RefusedRow, type RowIntake, takeSome, validationError } from './row-intake.ts'
import type { WriterParts } from './row-writer.ts'
import type { StoreResult } from './store-batches.ts'
import type { TableHandle } from './table-handles.ts'

/** Rows laid out and stored at once; a whole number of the chunks that engines take. */
const BATCH_ROWS = 60 * 2048
/** Rows that are laid out before others get their turn, the engine's own calls among them. */
const ROWS_PER_TURN = 1024
const LEAST_BATCHES = 2

/** Whether so many rows are better laid out while others are being stored. Hooks want all rows at once. */
export function canStream(rows: unknown, { source: { config }, hooks }: WriterParts): rows is readonly unknown[] {
  if (!Array.isArray(rows) || rows.length < LEAST_BATCHES * BATCH_ROWS) return false
  return hooks.length === 0 && config.writeMode === 'append' && !isRouted(config)
}

export interface StreamedAppend {
  readonly handle: TableHandle
  readonly rows: readonly unknown[]
  readonly batchId: string
  readonly runId: string | undefined
  readonly note: Readonly<Record<string, string>> | undefined
  readonly newIntake: (expectedRows: number) => RowIntake
}

interface Encoded {
  batches: LogBatch[]
  firstRunId: string | undefined
}

/** Lays out batch after batch while the storage takes the one before, all in one transaction. Throws as a write does: nothing is stored then. */
export async function appendWhileEncoding(
  request: StreamedAppend,
  { source: { config }, emit }: WriterParts,
): Promise<StoreResult & { readonly firstRunId: string | undefined }> {
  const { handle, batchId, runId, note } = request
  const startedMs = performance.now()
  const commit = { batchId, ...(runId !== undefined && { runId }), ...(note && { note }) }
  let done: Encoded = { batches: [], firstRunId: undefined }
  const attempt = async (): Promise<CommitResult> => {
    done = { batches: [], firstRunId: undefined }
    if (!handle.table.appendStream) throw new TypeError('the table takes no streams')
    return handle.table.appendStream(encode(request, done), commit)
  }
  const result = await withRetries(attempt, {
    config,
    lookUp: () => handle.table.findBatch(batchId),
    onRetry: (retry) => emit({ type: 'retry', batchId, ...retry }),
  })
  return {
    tables: [{ handle, batches: done.batches, commit: result }],
    firstRunId: done.firstRunId,
    hooksMs: 0,
    commitMs: performance.now() - startedMs,
  }
}

async function* encode({ rows, newIntake }: StreamedAppend, done: Encoded): AsyncGenerator<LogBatch> {
  const refused: RefusedRow[] = []
  for (let start = 0; start < rows.length; start += BATCH_ROWS) {
    const end = Math.min(rows.length, start + BATCH_ROWS)
    const intake = newIntake(end - start)
    for (let turn = start; turn < end; turn += ROWS_PER_TURN) {
      await takeSome(intake, rows, { start: turn, end: Math.min(end, turn + ROWS_PER_TURN) }, refused)
      await setImmediate()
    }
    // What stands in the transaction so far is rolled back; the rest is looked at for what else is wrong.
    if (refused.length > 0) continue
    done.firstRunId ??= intake.firstRunId
    for (const { batch } of intake.finish()) {
      done.batches.push(batch)
      yield batch
    }
  }
  if (refused.length > 0) throw validationError(refused)
}
