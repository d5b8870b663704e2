import { isRouted } from '../config/table-name.ts'
import type { CommitResult } from '../storage/commit.ts'
import { addFigures, batchFigures, noFigures } from './batch-figures.ts'
import { BATCH_ROWS, batchesAhead } from './batches-ahead.ts'
import { withRetries } from './retry.ts'
import { openEncoders, runIdOf } from './row-intake.ts'
import type { WriterParts } from './row-writer.ts'
import type { StoreResult } from './store-batches.ts'

const MIN_ROWS = 16 * BATCH_ROWS

/** Returns whether the rows should be encoded while earlier ones are stored: only from a minimum number, and without hooks, which need all rows at once. */
export function canStream(rows: unknown, { source: { config }, hooks }: WriterParts): rows is readonly unknown[] {
  if (!Array.isArray(rows) || rows.length < MIN_ROWS) return false
  return hooks.length === 0 && config.writeMode === 'append' && !isRouted(config)
}

export interface StreamedAppend {
  readonly rows: readonly unknown[]
  readonly batchId: string
  readonly runId?: string | undefined
  readonly note?: Readonly<Record<string, string>> | undefined
  /** The run id of rows without one. */
  readonly fallbackRunId: string
}

interface Streamed extends StoreResult {
  readonly batchId: string
  /** The run id of the first row. */
  readonly runId: string
}

/**
 * Encodes batches as the storage requests them, all in one transaction. Throws like other writes; nothing is stored then.
 * Returns undefined if the storage does not take streams.
 */
export async function appendWhileEncoding(
  { rows, batchId, runId, note, fallbackRunId }: StreamedAppend,
  { source: { config }, emit, defaultTable, now }: WriterParts,
): Promise<Streamed | undefined> {
  const handle = await defaultTable()
  const { table } = handle
  if (!table.appendStream) return undefined
  const startedMs = performance.now()
  const newEncoder = await openEncoders(handle, { config, runId: fallbackRunId, now: now() }, (name) =>
    rows.some((row) => typeof row === 'object' && row !== null && Object.hasOwn(row, name)),
  )
  const commit = { batchId, ...(runId !== undefined && { runId }), ...(note && { note }) }
  let figures = noFigures()
  const counted = function* () {
    figures = noFigures()
    for (const batch of batchesAhead(rows, () => newEncoder(BATCH_ROWS))) {
      addFigures(figures, batchFigures(batch))
      yield batch
    }
  }
  const append = async (): Promise<CommitResult> => {
    if (!table.appendStream) throw new TypeError('the table does not support appendStream')
    return table.appendStream(counted(), commit)
  }
  const result = await withRetries(append, {
    config,
    lookUp: () => table.findBatch(batchId),
    onRetry: (retry) => emit({ type: 'retry', batchId, ...retry }),
  })
  return {
    tables: [{ handle, figures, commit: result }],
    batchId,
    runId: runIdOf(rows[0], fallbackRunId),
    hooksMs: 0,
    commitMs: performance.now() - startedMs,
  }
}
