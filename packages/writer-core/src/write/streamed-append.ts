import { addFigures, batchFigures, noFigures } from './batch-figures.ts'
import { BATCH_ROWS, batchesAhead } from './batches-ahead.ts'
import { withRetries } from './retry.ts'
import { openEncoders, runIdOf } from './row-intake.ts'
import type { StoreResult } from './store-batches.ts'
import type { StreamedRoute } from './write-route.ts'
import type { WriterParts } from './writer-parts.ts'

export interface StreamedAppend {
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

/** Encodes batches as the storage requests them, all in one transaction. Throws like other writes; nothing is stored then. */
export async function appendWhileEncoding(
  { rows, handle, appendStream }: StreamedRoute,
  { batchId, runId, note, fallbackRunId }: StreamedAppend,
  { source: { config }, emit, now }: WriterParts,
): Promise<Streamed> {
  const startedMs = performance.now()
  const newEncoder = await openEncoders(handle, { config, runId: fallbackRunId, now: now() }, (name) =>
    rows.some((row) => typeof row === 'object' && row !== null && Object.hasOwn(row, name)),
  )
  const commit = { batchId, runId, note }
  let figures = noFigures()
  const counted = function* () {
    figures = noFigures()
    for (const batch of batchesAhead(rows, () => newEncoder(BATCH_ROWS))) {
      addFigures(figures, batchFigures(batch))
      yield batch
    }
  }
  const result = await withRetries(() => appendStream(counted(), commit), {
    config,
    lookUp: () => handle.table.findBatch(batchId),
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
