import { hasNoOutcome, knownDurationSecs, metadataFields, type Row, readStart, statusOf } from '@forge/writer-core'
import { isoFromMicros } from '@forge/writer-core/storage'
import { countText, durationText, percentText, valueText } from './format.ts'
import type { TableColumn } from './table.ts'

/** The columns of printed rows of the log. */
export const LOG_ROW_COLUMNS: readonly TableColumn<Row>[] = [
  { header: 'started', isTime: true, cell: (row, clock) => clock.second(startText(row)), shrink: false },
  { header: 'pipeline', cell: (row) => valueText(row.pipeline_id), cut: 'middle', minWidth: 12 },
  { header: 'run', cell: (row) => valueText(row.run_id), minWidth: 9 },
  { header: 'phase', cell: (row) => valueText(row.phase), shrink: false, leaves: 3 },
  { header: 'step', cell: (row) => valueText(row.step_name), cut: 'middle', minWidth: 16 },
  { header: 'status', cell: statusText, shrink: false, style: statusStyle },
  { header: 'duration', align: 'right', cell: (row) => durationText(knownDurationSecs(row)) },
  { header: 'rows', align: 'right', cell: rowsText, leaves: 2 },
  { header: 'valid', align: 'right', cell: (row) => percentText(row.validation_rate), leaves: 1 },
]

function startText(row: Row): string | null {
  const micros = readStart(row)
  return micros === undefined ? null : isoFromMicros(micros)
}

/** Returns the status in the metadata, or else the one that `success` implies. */
function statusText(row: Row): string {
  return statusOf(row) ?? (row.success ? 'success' : 'failed')
}

function statusStyle(row: Row): 'green' | 'red' | 'yellow' | 'gray' {
  const status = statusText(row)
  if (status === 'unknown') return 'yellow'
  if (hasNoOutcome(status)) return 'gray'
  if (!row.success) return 'red'
  return status === 'warn' ? 'yellow' : 'green'
}

// Adapters store 0 in columns that cannot be null if the figure is not known.
function rowsText(row: Row): string {
  return metadataFields(row.metadata).rows_unknown ? '' : countText(row.rows_processed)
}
