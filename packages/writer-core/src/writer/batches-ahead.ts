import type { LogBatch } from '../batch/log-batch.ts'
import type { LogRowEncoder } from '../log/log-row-encoder.ts'
import type { RefusedRow } from '../log/row-refusal.ts'
import { MOST_REFUSED, validationError } from './row-intake.ts'

/** Rows laid out at once: what engines take at once. */
export const BATCH_ROWS = 2048
/** Batches that lie ready while an engine is busy with those before; half a megabyte each. */
const MOST_READY = 48

/**
 * The rows as batches, laid out when they are asked for and, between other work of the process, ahead of that. A batch is valid until the next one is
 * asked for. Iterating throws WriterValidationError for rows that are refused.
 */
export function* batchesAhead(rows: readonly unknown[], newEncoder: () => LogRowEncoder): Generator<LogBatch> {
  const free: LogRowEncoder[] = []
  const ready: { readonly batch: LogBatch; readonly encoder: LogRowEncoder }[] = []
  const refused: RefusedRow[] = []
  let next = 0
  let turn: NodeJS.Immediate | undefined

  const layOut = () => {
    const end = Math.min(rows.length, next + BATCH_ROWS)
    const encoder = free.pop() ?? newEncoder()
    encoder.clear()
    refused.push(...encoder.addAll(rows, next, end))
    ready.push({ batch: encoder.finish(), encoder })
    next = end
  }
  const isOver = () => next >= rows.length || refused.length > 0
  const work = () => {
    turn = undefined
    if (isOver() || ready.length >= MOST_READY) return
    layOut()
    turn = setImmediate(work)
  }
  try {
    for (;;) {
      if (ready.length === 0 && !isOver()) layOut()
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
  while (next < rows.length && refused.length < MOST_REFUSED) layOut()
  throw validationError(refused)
}
