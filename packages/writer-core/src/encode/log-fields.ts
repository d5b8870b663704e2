import { LOG_COLUMNS, type LogColumnName } from '../log/columns.ts'

type RowFields = Readonly<Record<string, unknown>>

/** The values of several rows, by column. */
export type LogCells = Readonly<Record<LogColumnName, unknown[]>>

export function logCells(): LogCells {
  return Object.fromEntries(LOG_COLUMNS.map(({ name }) => [name, []])) as unknown as LogCells
}

/**
 * Copies the values of a row into the cells at a position. Each field is written out, since the engine reads a property with a literal name many
 * times faster than one with a computed name.
 */
export function readLogFields(row: RowFields, cells: LogCells, at: number): void {
  cells.run_id[at] = row.run_id
  cells.run_mode[at] = row.run_mode
  cells.run_started_at[at] = row.run_started_at
  cells.run_ended_at[at] = row.run_ended_at
  cells.execution_id[at] = row.execution_id
  cells.pipeline_id[at] = row.pipeline_id
  cells.schema[at] = row.schema
  cells.phase[at] = row.phase
  cells.step_name[at] = row.step_name
  cells.step_type[at] = row.step_type
  cells.start_time[at] = row.start_time
  cells.end_time[at] = row.end_time
  cells.duration_secs[at] = row.duration_secs
  cells.table_fqn[at] = row.table_fqn
  cells.write_mode[at] = row.write_mode
  cells.input_rows[at] = row.input_rows
  cells.output_rows[at] = row.output_rows
  cells.rows_written[at] = row.rows_written
  cells.rows_processed[at] = row.rows_processed
  cells.table_total_rows[at] = row.table_total_rows
  cells.valid_rows[at] = row.valid_rows
  cells.invalid_rows[at] = row.invalid_rows
  cells.validation_rate[at] = row.validation_rate
  cells.success[at] = row.success
  cells.error_message[at] = row.error_message
  cells.memory_usage_mb[at] = row.memory_usage_mb
  cells.cpu_usage_percent[at] = row.cpu_usage_percent
  cells.metadata[at] = row.metadata
  cells.created_at[at] = row.created_at
  cells.updated_at[at] = row.updated_at
}
