import { randomUUID } from 'node:crypto'
import { batchFromRows, type LogTable } from '@forge/writer-core'
import type { ReleasedRow } from './broken-rules.ts'
import type { Reason } from './failing-rows.ts'
import { QUARANTINE_COLUMNS } from './quarantine-columns.ts'

/** A row that stays in quarantine, as corrected, and the rules that it still breaks. */
export interface HeldRow extends ReleasedRow {
  readonly reasons: readonly Reason[]
}

const LOG_NAMES = new Set(QUARANTINE_COLUMNS.map(({ name }) => name))

/**
 * Stores the corrections of rows that stay in quarantine, with the rules that they still break. Storages that cannot merge keep the rows unchanged.
 */
export async function keepCorrected(table: LogTable, rows: readonly HeldRow[]): Promise<void> {
  const changed = rows.filter(({ held, row, reasons }) => {
    return JSON.stringify([held.row, held.reasons]) !== JSON.stringify([row, reasons])
  })
  if (changed.length === 0 || !table.merge) return
  const batch = batchFromRows(QUARANTINE_COLUMNS, changed.map(storedRow))
  const options = { keys: ['quarantine_id'], whenMatched: 'update' } as const
  await table.merge(batch, options, { batchId: `release:held:${randomUUID()}` })
}

function storedRow({ held, row, reasons }: HeldRow): Readonly<Record<string, unknown>> {
  const own = Object.entries(row).filter(([name]) => LOG_NAMES.has(name))
  const extras = Object.entries(row).filter(([name, value]) => !LOG_NAMES.has(name) && value !== null)
  return {
    ...Object.fromEntries(own),
    quarantine_id: held.id,
    quality_reasons: JSON.stringify(reasons),
    extra_fields: extras.length === 0 ? null : JSON.stringify(Object.fromEntries(extras)),
    quarantined_at: new Date(held.quarantinedAt),
    batch_id: held.batchId,
    batch_row: held.batchRow,
  }
}
