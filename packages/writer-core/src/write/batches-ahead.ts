import type { LogBatch } from '../batch/log-batch.ts'
import type { LogRowEncoder } from '../encode/log-row-encoder.ts'
import type { RefusedRow } from '../encode/row-refusal.ts'
import { MAX_REFUSED, validationError } from './row-intake.ts'

/** Rows per batch: the vector size of engines. */
export const BATCH_ROWS = 2048
/** Maximum number of batches that are encoded ahead while the engine is busy; half a megabyte each. */
const MAX_READY = 12
/** Rows to encode before yielding to other work, in about half a millisecond: an engine that requests a batch waits that long. */
const TURN_ROWS = 512

/**
 * Encodes rows as batches: on request, and ahead of that while the process has nothing else to do. A batch is valid until the next one is
 * requested. Iterating throws WriterValidationError if rows are rejected.
 */
export function* batchesAhead(rows: readonly unknown[], newEncoder: () => LogRowEncoder): Generator<LogBatch> {
  const free: LogRowEncoder[] = []
  const ready: { readonly batch: LogBatch; readonly encoder: LogRowEncoder }[] = []
  const refused: RefusedRow[] = []
  let filling: LogRowEncoder | undefined
  let next = 0
  let turn: NodeJS.Immediate | undefined

  /** Encodes up to `most` rows of a batch. The batch is ready when it is full or no rows are left. */
  const layOut = (most: number) => {
    const encoder = filling ?? free.pop() ?? newEncoder()
    if (!filling) encoder.clear()
    const end = Math.min(rows.length, next + Math.min(most, BATCH_ROWS - encoder.rowCount()))
    refused.push(...encoder.addAll(rows, next, end))
    next = end
    const isFull = next === rows.length || encoder.rowCount() === BATCH_ROWS
    if (isFull) ready.push({ batch: encoder.finish(), encoder })
    filling = isFull ? undefined : encoder
  }
  const isOver = () => next >= rows.length || refused.length > 0
  const work = () => {
    turn = undefined
    if (isOver() || ready.length >= MAX_READY) return
    layOut(TURN_ROWS)
    turn = setImmediate(work)
  }
  try {
    for (;;) {
      if (ready.length === 0 && !isOver()) layOut(BATCH_ROWS)
      if (refused.length > 0) break
      const given = ready.shift()
      if (!given) return
      turn ??= setImmediate(work)
      yield given.batch
      free.push(given.encoder)
    }
  } finally {
    if (turn) clearImmediate(turn)
  }
  // The transaction is rolled back; the remaining rows are only checked for further problems.
  while (next < rows.length && refused.length < MAX_REFUSED) layOut(BATCH_ROWS)
  throw validationError(refused)
}
