import { createHash } from 'node:crypto'
import {
  and,
  batchRows,
  column,
  eq,
  gte,
  isIn,
  type LogRowInput,
  type LogTable,
  type LogWriter,
  lt,
  WriterUnsupportedError,
} from '@forge/writer-core'
import {
  chosenRows,
  type QuarantinedRow,
  type QuarantineQuery,
  quarantinedRow,
  quarantineTable,
} from './list-quarantine.ts'

export interface ReleaseOptions extends QuarantineQuery {
  /** Gives the row as it shall be written, or undefined to leave it in quarantine. Default: as it is. */
  readonly correct?: (row: LogRowInput, held: QuarantinedRow) => LogRowInput | undefined
}

export interface ReleaseResult {
  /** Rows that were written. */
  readonly released: number
  /** Rows that failed again, and are in quarantine anew with their new reasons. */
  readonly heldAgain: number
  /** Rows that `correct` left where they are. */
  readonly left: number
}

/** Rows of one write are released by their place in it, so that the same call makes the same parts. */
const PART_ROWS = 1000

/**
 * Writes rows of the quarantine, corrected, through the writer and its gate, and then takes them out of the quarantine. Stopped halfway, the same call
 * writes no row twice: each part has a batch id made of its rows. Where a gate stops the write its rows stay in quarantine.
 * Throws WriterUnsupportedError where the storage cannot delete, and what the write throws.
 *
 * @example
 * await releaseQuarantine(writer, { ids: [id], correct: (row) => ({ ...row, duration_secs: 12 }) })
 */
export async function releaseQuarantine(writer: LogWriter, options: ReleaseOptions = {}): Promise<ReleaseResult> {
  const table = await quarantineTable(writer, options)
  const where = chosenRows(options)
  if (!table.delete) {
    throw new WriterUnsupportedError(`the storage of ${table.ref.schema}.${table.ref.name} cannot delete rows`, {
      suggestions: ['Keep the log in a storage that deletes, such as DuckDB or Delta.'],
    })
  }
  const total = { released: 0, heldAgain: 0, left: 0 }
  const writes = await table.aggregate({
    where,
    groupBy: [{ as: 'batch_id', by: column('batch_id') }],
    measures: [
      { as: 'first', fn: 'min', of: column('batch_row') },
      { as: 'last', fn: 'max', of: column('batch_row') },
    ],
    orderBy: [{ column: 'batch_id' }],
  })
  for (const { batch_id: batchId, first, last } of writes) {
    const start = Math.floor(Number(first) / PART_ROWS) * PART_ROWS
    for (let from = start; from <= Number(last); from += PART_ROWS) {
      const inPart = and(
        where,
        eq('batch_id', String(batchId)),
        gte('batch_row', from),
        lt('batch_row', from + PART_ROWS),
      )
      const held: QuarantinedRow[] = []
      for await (const batch of table.scan({ where: inPart, orderBy: [{ column: 'batch_row' }] })) {
        for (const row of batchRows(batch)) held.push(quarantinedRow(row))
      }
      const part = await releasePart(writer, table, held, options)
      total.released += part.released
      total.heldAgain += part.heldAgain
      total.left += part.left
    }
  }
  return total
}

async function releasePart(
  writer: LogWriter,
  table: LogTable,
  held: readonly QuarantinedRow[],
  { correct = (row) => row }: ReleaseOptions,
): Promise<ReleaseResult> {
  const chosen = held.flatMap((each) => {
    const row = correct(each.row, each)
    return row === undefined ? [] : [{ id: each.id, row }]
  })
  const left = held.length - chosen.length
  if (chosen.length === 0) return { released: 0, heldAgain: 0, left }
  const ids = chosen.map(({ id }) => id)
  const batchId = `release:${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 32)}`
  const rows = chosen.map(({ row }) => row)
  const { rowsWritten, rowsSkipped } = await writer.writeLogRows(rows, { batchId })
  await table.delete?.(isIn('quarantine_id', ids), { batchId: `${batchId}:taken-out` })
  const released = Math.min(rows.length, rowsWritten + rowsSkipped)
  return { released, heldAgain: rows.length - released, left }
}
