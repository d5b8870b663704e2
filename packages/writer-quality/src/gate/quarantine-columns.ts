import { batchFromRows, type ColumnDefinition, LOG_COLUMNS, type LogBatch, type WriteContext } from '@forge/writer-core'
import { batchRow, selectColumns, takeRows } from '@forge/writer-core/storage'
import type { FailingRow } from './failing-rows.ts'

const OWN_COLUMNS: readonly ColumnDefinition[] = [
  { name: 'quarantine_id', type: 'string', nullable: false, description: 'Identifies the row in quarantine.' },
  { name: 'quality_reasons', type: 'json', nullable: false, description: 'The rules that the row fails.' },
  {
    name: 'extra_fields',
    type: 'json',
    nullable: true,
    description: 'Fields of the row that the log has no column for.',
  },
  { name: 'quarantined_at', type: 'timestamp', nullable: false, unit: 'UTC', description: 'When it was held back.' },
  { name: 'batch_id', type: 'string', nullable: false, description: 'The write that it was part of.' },
  { name: 'batch_row', type: 'int64', nullable: false, description: 'Its place in that write, from 0.' },
]

// Refused rows may lack what the log requires.
const HELD_COLUMNS: readonly ColumnDefinition[] = LOG_COLUMNS.map(({ name, type, description }) => {
  return { name, type, nullable: true, description }
})

/** The columns of `<table>_quarantine`: those of the log, and the reasons. */
export const QUARANTINE_COLUMNS: readonly ColumnDefinition[] = [...HELD_COLUMNS, ...OWN_COLUMNS]

/** Returns the failing rows with their reasons, as they are held back. */
export function quarantineBatch(batch: LogBatch, failing: readonly FailingRow[], context: WriteContext): LogBatch {
  const rows = failing.map(({ row }) => row)
  const held = HELD_COLUMNS.map(({ name }) => name)
  const taken = takeRows(selectColumns(batch, held), rows)
  const extraNames = batch.columns.map(({ name }) => name).filter((name) => !held.includes(name))
  const extras = takeRows(selectColumns(batch, extraNames), rows)
  const quarantinedAt = context.now()
  const own = batchFromRows(
    OWN_COLUMNS,
    failing.map(({ row, reasons }, at) => ({
      quarantine_id: `${context.batchId}:${row}`,
      quality_reasons: JSON.stringify(reasons),
      extra_fields: extraNames.length === 0 ? null : extraFields(extras, at),
      quarantined_at: quarantinedAt,
      batch_id: context.batchId,
      batch_row: row,
    })),
  )
  return { rowCount: rows.length, columns: QUARANTINE_COLUMNS, vectors: [...taken.vectors, ...own.vectors] }
}

function extraFields(extras: LogBatch, at: number): string | null {
  const filled = Object.entries(batchRow(extras, at)).filter(([, value]) => value !== null)
  // JSON has no integers beyond 2^53; as text they keep all digits.
  const plain = filled.map(([name, value]) => [name, typeof value === 'bigint' ? String(value) : value])
  return filled.length === 0 ? null : JSON.stringify(Object.fromEntries(plain))
}
