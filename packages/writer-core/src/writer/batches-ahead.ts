import type { LogBatch } from '../batch/log-batch.ts'
import type { LogRowEncoder } from '../log/log-row-encoder.ts'
import type { RefusedRow } from '../log/row-refusal.ts'
import { MOST_REFUSED, validationError } from './row-intake.ts'

/** Rows laid out at once: what engines take at once. */
export const BATCH_ROWS = 2048
/** Batches that lie ready while an engine is busy with those before; half a megabyte each. */
const MOST_READY = 12
/** Rows laid out before others get their turn: an engine that asks for a batch meanwhile waits for them, half a millisecond. */
const TURN_ROWS = 512

/**
 * The rows as batches, laid out when they are asked for and, between other work of the process, ahead of that. A batch is valid until the next one is
 * asked for. Iterating throws WriterValidationError for rows that are refused.
 */
export function* batchesAhead(rows: readonly unknown[], newEncoder: () => LogRowEncoder): Generator<LogBatch> {
  const free: LogRowEncoder[] = []
  const ready: { readonly batch: LogBatch; readonly encoder: LogRowEncoder }[] = []
  const refused: RefusedRow[] = []
  let filling: LogRowEncoder | undefined
  let next = 0
  let turn: NodeJS.Immediate | undefined

  /** Lays out at most so many rows of a batch, which is ready when it is full or nothing is left. */
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
    if (isOver() || ready.length >= MOST_READY) return
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
  // What stands in the transaction so far is rolled back; the rest is looked at for what else is wrong.
  while (next < rows.length && refused.length < MOST_REFUSED) layOut(BATCH_ROWS)
  throw validationError(refused)
}
