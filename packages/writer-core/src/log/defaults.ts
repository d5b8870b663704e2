import { safeInteger } from '../batch/rows.ts'
import { LOG_COLUMNS, type LogColumnName } from './columns.ts'
import { instantOf } from './row-times.ts'
import { type RowCount, rowsWithout, sumOfRows, validShare } from './valid-rows.ts'

export interface RowDefaults {
  /** The run id of rows without `run_id`. */
  readonly runId: string
  /** The schema of rows without `schema`. */
  readonly schema: string
  readonly now: Date
}

type RowFields = Readonly<Record<string, unknown>>

/**
 * Returns the defaults of fields that a row leaves out:
 * - run_id: that of the call; execution_id: the run id; run_mode: incremental; pipeline_id: unknown; schema: that of the table
 * - step_name: the pipeline id in a row of phase `pipeline`, otherwise the phase; step_type: `run` there, otherwise `step`
 * - duration_secs: from start_time to end_time, never negative, otherwise 0
 * - rows_processed: valid_rows + invalid_rows, otherwise 0; validation_rate: valid_rows as a share of rows_processed, otherwise 100
 * - valid_rows: from rows_processed and validation_rate, or from invalid_rows; invalid_rows: the remaining rows
 * - success: true if there is no error_message; created_at, updated_at: now
 */
export function defaultsFor({ runId, schema, now }: RowDefaults): ReadonlyMap<string, (row: RowFields) => unknown> {
  return new Map<string, (row: RowFields) => unknown>([
    ['run_id', () => runId],
    ['run_mode', () => 'incremental'],
    // An invalid run id is reported only once.
    ['execution_id', (row) => row.run_id || runId],
    ['pipeline_id', () => 'unknown'],
    ['schema', () => schema],
    ['step_name', (row) => (row.phase === 'pipeline' ? (row.pipeline_id ?? 'unknown') : row.phase)],
    ['step_type', (row) => (row.phase === 'pipeline' ? 'run' : 'step')],
    ['duration_secs', durationSecs],
    ['rows_processed', rowsProcessed],
    ['valid_rows', validRows],
    ['invalid_rows', (row) => clamp(rowsWithout(rowsProcessed(row), count(row.valid_rows) ?? validRows(row)))],
    ['validation_rate', validationRate],
    ['success', (row) => (row.error_message ?? null) === null],
    ['created_at', () => now],
    ['updated_at', () => now],
  ])
}

const REQUIRED: ReadonlySet<string> = new Set(LOG_COLUMNS.flatMap(({ name, nullable }) => (nullable ? [] : name)))

/**
 * Returns a function that reads a field of a row as the writer stores it: the value that the row gives, otherwise its default (null if it has none).
 * A null counts as left out in a column that cannot be null. Values are neither validated nor converted.
 */
export function fieldReader(options: RowDefaults): (row: RowFields, name: LogColumnName) => unknown {
  const defaults = defaultsFor(options)
  return (row, name) => {
    const value = row[name]
    const isGiven = value !== undefined && (value !== null || !REQUIRED.has(name))
    return isGiven ? value : (defaults.get(name)?.(row) ?? null)
  }
}

function durationSecs(row: RowFields): number {
  const start = instantOf(row.start_time)
  const end = instantOf(row.end_time)
  return start === undefined || end === undefined ? 0 : Math.max(0, Number(end - start) / 1e6)
}

function rowsProcessed(row: RowFields): RowCount {
  return count(row.rows_processed) ?? sumOfRows(count(row.valid_rows) ?? 0, count(row.invalid_rows) ?? 0)
}

function validRows(row: RowFields): RowCount {
  const processed = rowsProcessed(row)
  const invalid = count(row.invalid_rows)
  if (invalid !== undefined) return clamp(rowsWithout(processed, invalid))
  const rate = typeof row.validation_rate === 'number' ? row.validation_rate : 100
  return clamp(validShare(processed, rate))
}

function validationRate(row: RowFields): number {
  const processed = Number(rowsProcessed(row))
  const valid = count(row.valid_rows)
  const invalid = count(row.invalid_rows)
  if (processed <= 0 || (valid === undefined && invalid === undefined)) return 100
  return Math.min(100, Math.max(0, (Number(valid ?? processed - Number(invalid ?? 0)) / processed) * 100))
}

function count(value: unknown): RowCount | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'bigint' ? safeInteger(value) : undefined
}

// An invalid rate is reported itself; values derived from it must not add a second problem.
function clamp(rows: RowCount): RowCount {
  if (typeof rows === 'bigint') return rows < 0n || rows > MAX_ROWS ? 0 : rows
  return Number.isSafeInteger(rows) ? Math.max(0, rows) : 0
}

const MAX_ROWS = 2n ** 63n - 1n
