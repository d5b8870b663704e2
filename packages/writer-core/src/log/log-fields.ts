import type { LOG_COLUMNS, LogColumnName } from './columns.ts'

type Definition<Name extends LogColumnName> = Extract<(typeof LOG_COLUMNS)[number], { name: Name }>

/** The definition of each column, with its description, which editors show for the fields of rows. */
export interface LogFields {
  /** Identifies the whole run of a pipeline. */
  readonly run_id: Definition<'run_id'>
  /** How the run processed its input. */
  readonly run_mode: Definition<'run_mode'>
  /** When the run started. */
  readonly run_started_at: Definition<'run_started_at'>
  /** When the run ended. */
  readonly run_ended_at: Definition<'run_ended_at'>
  /** Identifies the attempt; the run id if there are no attempts. */
  readonly execution_id: Definition<'execution_id'>
  /** The pipeline that ran. */
  readonly pipeline_id: Definition<'pipeline_id'>
  /** Schema that the pipeline writes to. */
  readonly schema: Definition<'schema'>
  /** Layer of the step; `pipeline` is the one row for the whole run. */
  readonly phase: Definition<'phase'>
  /** The step; the pipeline id in the row of the whole run. */
  readonly step_name: Definition<'step_name'>
  /** Kind of step, such as transform, test or run. */
  readonly step_type: Definition<'step_type'>
  /** When the step started. */
  readonly start_time: Definition<'start_time'>
  /** When the step ended. */
  readonly end_time: Definition<'end_time'>
  /** How long the step took; 0 if that is not known, as for a step that is lost. */
  readonly duration_secs: Definition<'duration_secs'>
  /** Table that the step wrote. */
  readonly table_fqn: Definition<'table_fqn'>
  /** How the step wrote its table. */
  readonly write_mode: Definition<'write_mode'>
  /** Rows read. */
  readonly input_rows: Definition<'input_rows'>
  /** Rows produced. */
  readonly output_rows: Definition<'output_rows'>
  /** Rows stored. */
  readonly rows_written: Definition<'rows_written'>
  /** Rows that the step looked at. */
  readonly rows_processed: Definition<'rows_processed'>
  /** Rows in the written table afterwards. */
  readonly table_total_rows: Definition<'table_total_rows'>
  /** Rows that passed validation. */
  readonly valid_rows: Definition<'valid_rows'>
  /** Rows that failed validation. */
  readonly invalid_rows: Definition<'invalid_rows'>
  /** Share of valid rows, 0 to 100. */
  readonly validation_rate: Definition<'validation_rate'>
  /** True if the step succeeded. */
  readonly success: Definition<'success'>
  /** Why it failed. */
  readonly error_message: Definition<'error_message'>
  /** Peak memory of the step. */
  readonly memory_usage_mb: Definition<'memory_usage_mb'>
  /** CPU use of the step. */
  readonly cpu_usage_percent: Definition<'cpu_usage_percent'>
  /** Further facts, as JSON text. */
  readonly metadata: Definition<'metadata'>
  /** When the row was first written. */
  readonly created_at: Definition<'created_at'>
  /** When the row was last written. */
  readonly updated_at: Definition<'updated_at'>
}
