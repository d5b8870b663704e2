import { createHash } from 'node:crypto'
import {
  and,
  batchRows,
  column,
  eq,
  gte,
  isIn,
  type LogBatch,
  type LogRowInput,
  type LogTable,
  type LogWriter,
  lt,
  WriterUnsupportedError,
} from '@forge/writer-core'
import { assertOptions, concatBatches, copyBatch, option } from '@forge/writer-core/storage'
import { logRows } from '../judge/log-rows.ts'
import { brokenRules, type ReleasedRow } from './broken-rules.ts'
import { type HeldRow, keepCorrected } from './keep-corrected.ts'
import {
  chosenRows,
  QUERY_CHECKS,
  type QuarantinedRow,
  type QuarantineQuery,
  quarantinedRow,
  quarantineTable,
} from './list-quarantine.ts'

export interface ReleaseOptions extends QuarantineQuery {
  /** Returns the row to write, or undefined to leave it in quarantine. Default: the row is written unchanged. */
  readonly correct?: ((row: LogRowInput, held: QuarantinedRow) => LogRowInput | undefined) | undefined
  /** Writes even rows that still break a rule that held them back. Default false: they stay in quarantine. */
  readonly force?: boolean | undefined
  /** Called with each row that still breaks rules that held it back. With `force` the row is written, otherwise it stays. */
  readonly onBroken?: ((row: { readonly id: string; readonly rules: readonly string[] }) => void) | undefined
}

export interface ReleaseResult {
  /** The number of rows written. */
  readonly released: number
  /**
   * The number of rows that still break a rule that held them back, or that the writer's gate held back: they stay in quarantine with their
   * corrections and the reasons.
   */
  readonly heldAgain: number
  /** The number of rows that `correct` left in quarantine. */
  readonly left: number
}

/** The number of rows per part. Rows of one write are released by their position in it, so that the same call makes the same parts. */
const PART_ROWS = 1000

/**
 * Writes rows of the quarantine, corrected, through the writer and its gate, and then removes them from the quarantine. If the call is interrupted,
 * repeat it: no row is written twice, because each part has a batch id made of its rows. If a gate stops the write, its rows stay in quarantine. Rows
 * that still break a rule which held them back stay, whatever the gate of this writer is, unless `force` is set. Throws WriterUnsupportedError if the
 * storage cannot delete, and the errors of the write.
 *
 * @example
 * await releaseQuarantine(writer, { ids: [id], correct: (row) => ({ ...row, duration_secs: 12 }) })
 */
export async function releaseQuarantine(writer: LogWriter, options: ReleaseOptions = {}): Promise<ReleaseResult> {
  assertOptions('releaseQuarantine', options, {
    ...QUERY_CHECKS,
    correct: option.action,
    force: option.flag,
    onBroken: option.action,
  })
  const table = await quarantineTable(writer, options)
  const where = chosenRows(options)
  if (!table.delete) {
    throw new WriterUnsupportedError(`the storage of ${table.ref.schema}.${table.ref.name} cannot delete rows`, {
      suggestions: ['Keep the log in a storage that can delete rows, such as DuckDB or Delta.'],
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
  options: ReleaseOptions,
): Promise<ReleaseResult> {
  const { correct = (row) => row } = options
  const corrected = held.flatMap((each): ReleasedRow[] => {
    const row = correct(each.row, each)
    return row === undefined ? [] : [{ held: each, row }]
  })
  const left = held.length - corrected.length
  const { free, kept } = await partedByRules(writer, table, corrected, options)
  if (free.length === 0) return { released: 0, heldAgain: kept, left }
  const chosen = free.map(({ held: { id }, row }) => ({ id, row }))
  const ids = chosen.map(({ id }) => id)
  const batchId = `release:${createHash('sha256').update(JSON.stringify(ids)).digest('hex').slice(0, 32)}`
  const rows = chosen.map(({ row }) => row)
  const { rowsWritten, rowsSkipped } = await writer.writeLogRows(rows, { batchId })
  await table.delete?.(isIn('quarantine_id', ids), { batchId: `${batchId}:taken-out` })
  const released = Math.min(rows.length, rowsWritten + rowsSkipped)
  return { released, heldAgain: kept + rows.length - released, left }
}

interface Parted {
  readonly free: readonly ReleasedRow[]
  /** The number of rows that stay. */
  readonly kept: number
}

async function partedByRules(
  writer: LogWriter,
  table: LogTable,
  rows: readonly ReleasedRow[],
  { force = false, onBroken }: ReleaseOptions,
): Promise<Parted> {
  if (rows.length === 0) return { free: [], kept: 0 }
  const batch = await batchOf(writer, rows)
  const broken = batch ? brokenRules(rows, batch) : []
  const free: ReleasedRow[] = []
  const kept: HeldRow[] = []
  for (const [at, each] of rows.entries()) {
    const reasons = broken[at] ?? []
    if (reasons.length > 0) onBroken?.({ id: each.held.id, rules: reasons.map(({ rule }) => rule) })
    if (reasons.length === 0 || force) free.push(each)
    else kept.push({ ...each, reasons })
  }
  await keepCorrected(table, kept)
  return { free, kept: kept.length }
}

/** Returns the rows in the form that the log stores; undefined if the writer would refuse one of them, which the write then reports. */
async function batchOf(writer: LogWriter, rows: readonly ReleasedRow[]): Promise<LogBatch | undefined> {
  try {
    const judged = logRows(
      rows.map(({ row }) => row),
      { config: writer.config, now: new Date() },
    )
    return concatBatches([...(judged.parts?.() ?? [])].map(copyBatch))
  } catch {
    return undefined
  }
}
