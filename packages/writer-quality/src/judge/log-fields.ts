import { LOG_COLUMNS, type LogColumnName } from '@forge/writer-core'

type Fields = Readonly<Record<string, unknown>>

/** A column of the log, and how its value is read from a row. */
export interface LogField {
  readonly column: (typeof LOG_COLUMNS)[number]
  readonly read: (row: Fields) => unknown
}

// Written out, since the engine reads a property by a name that it knows many times faster than by one in a variable.
const READERS: Readonly<Record<LogColumnName, (row: Fields) => unknown>> = {
  run_id: (row) => row.run_id,
  run_mode: (row) => row.run_mode,
  run_started_at: (row) => row.run_started_at,
  run_ended_at: (row) => row.run_ended_at,
  execution_id: (row) => row.execution_id,
  pipeline_id: (row) => row.pipeline_id,
  schema: (row) => row.schema,
  phase: (row) => row.phase,
  step_name: (row) => row.step_name,
  step_type: (row) => row.step_type,
  start_time: (row) => row.start_time,
  end_time: (row) => row.end_time,
  duration_secs: (row) => row.duration_secs,
  table_fqn: (row) => row.table_fqn,
  write_mode: (row) => row.write_mode,
  input_rows: (row) => row.input_rows,
  output_rows: (row) => row.output_rows,
  rows_written: (row) => row.rows_written,
  rows_processed: (row) => row.rows_processed,
  table_total_rows: (row) => row.table_total_rows,
  valid_rows: (row) => row.valid_rows,
  invalid_rows: (row) => row.invalid_rows,
  validation_rate: (row) => row.validation_rate,
  success: (row) => row.success,
  error_message: (row) => row.error_message,
  memory_usage_mb: (row) => row.memory_usage_mb,
  cpu_usage_percent: (row) => row.cpu_usage_percent,
  metadata: (row) => row.metadata,
  created_at: (row) => row.created_at,
  updated_at: (row) => row.updated_at,
}

export const LOG_FIELDS: readonly LogField[] = LOG_COLUMNS.map((column) => ({ column, read: READERS[column.name] }))
