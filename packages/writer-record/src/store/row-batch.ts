import { LOG_COLUMNS, type LogRowInput, type LogWriter } from '@forge/writer-core'
import { repairRows } from './repair-rows.ts'

/** Rows that are written together, under an id by which they are stored once. */
export interface RowBatch {
  readonly id: string
  readonly rows: readonly LogRowInput[]
}

/** Returns the id of a batch of a run or step. */
export function batchIdOf(
  { runId, spanId }: { readonly runId: string; readonly spanId: string },
  part: string,
): string {
  return `record:${runId}:${spanId}:${part}`
}

/** Writes a batch, unless it is stored already. Fields that the writer rejects are left out, so that no row is lost because of one. */
export async function writeBatch(writer: LogWriter, { id, rows }: RowBatch): Promise<void> {
  for (let attempt = rows; attempt.length > 0; ) {
    try {
      await writer.writeLogRows(attempt, { batchId: id })
      return
    } catch (error) {
      const repaired = repairRows(attempt, error)
      if (repaired === undefined) throw error
      attempt = repaired
    }
  }
}

const COUNTS = LOG_COLUMNS.filter(({ type }) => type === 'int64').map(({ name }) => name)

/** Returns rows without values that JSON cannot hold: large counts become text. */
export function plainRows(rows: readonly LogRowInput[]): LogRowInput[] {
  return rows.map((row) => withCounts(row, (value) => (typeof value === 'bigint' ? String(value) : value)))
}

/** Returns rows as {@link plainRows} got them. */
export function exactRows(rows: readonly LogRowInput[]): LogRowInput[] {
  return rows.map((row) => withCounts(row, (value) => (typeof value === 'string' ? BigInt(value) : value)))
}

function withCounts(row: LogRowInput, convert: (value: unknown) => unknown): LogRowInput {
  const changed = COUNTS.flatMap((name) => {
    const value = convert(row[name])
    return value === row[name] ? [] : [[name, value] as const]
  })
  return changed.length === 0 ? row : { ...row, ...Object.fromEntries(changed) }
}
