import type { ColumnDefinition } from '../column/column-definition.ts'

export const RUN_MODES = ['initial', 'incremental', 'full_refresh', 'validation_only'] as const
export const PHASES = ['bronze', 'silver', 'gold', 'pipeline'] as const
export const WRITE_MODES = ['overwrite', 'append', 'merge', 'ignore'] as const

/**
 * The columns of a log table, in stored order. They are the single source of row types, validation, DDL, Delta schemas and
 * documentation.
 */
export const LOG_COLUMNS = [
  {
    name: 'run_id',
    type: 'string',
    nullable: false,
    notEmpty: true,
    description: 'Identifies the whole run of a pipeline.',
  },
  {
    name: 'run_mode',
    type: 'string',
    nullable: false,
    oneOf: RUN_MODES,
    description: 'How the run processed its input.',
  },
  { name: 'run_started_at', type: 'timestamp', nullable: true, unit: 'UTC', description: 'When the run started.' },
  { name: 'run_ended_at', type: 'timestamp', nullable: true, unit: 'UTC', description: 'When the run ended.' },
  {
    name: 'execution_id',
    type: 'string',
    nullable: false,
    notEmpty: true,
    description: 'Identifies the attempt; the run id if there are no attempts.',
  },
  { name: 'pipeline_id', type: 'string', nullable: false, notEmpty: true, description: 'The pipeline that ran.' },
  {
    name: 'schema',
    type: 'string',
    nullable: false,
    notEmpty: true,
    description: 'Schema that the pipeline writes to.',
  },
  {
    name: 'phase',
    type: 'string',
    nullable: false,
    oneOf: PHASES,
    description: 'Layer of the step; `pipeline` is the one row for the whole run.',
  },
  {
    name: 'step_name',
    type: 'string',
    nullable: false,
    notEmpty: true,
    description: 'The step; the pipeline id in the row of the whole run.',
  },
  {
    name: 'step_type',
    type: 'string',
    nullable: false,
    notEmpty: true,
    description: 'Kind of step, such as transform, test or run.',
  },
  { name: 'start_time', type: 'timestamp', nullable: true, unit: 'UTC', description: 'When the step started.' },
  { name: 'end_time', type: 'timestamp', nullable: true, unit: 'UTC', description: 'When the step ended.' },
  {
    name: 'duration_secs',
    type: 'double',
    nullable: false,
    min: 0,
    unit: 'seconds',
    description: 'How long the step took; 0 if that is not known, as for a step that is lost.',
  },
  { name: 'table_fqn', type: 'string', nullable: true, description: 'Table that the step wrote.' },
  {
    name: 'write_mode',
    type: 'string',
    nullable: true,
    oneOf: WRITE_MODES,
    description: 'How the step wrote its table.',
  },
  { name: 'input_rows', type: 'int64', nullable: true, min: 0, unit: 'rows', description: 'Rows read.' },
  { name: 'output_rows', type: 'int64', nullable: true, min: 0, unit: 'rows', description: 'Rows produced.' },
  { name: 'rows_written', type: 'int64', nullable: true, min: 0, unit: 'rows', description: 'Rows stored.' },
  {
    name: 'rows_processed',
    type: 'int64',
    nullable: false,
    min: 0,
    unit: 'rows',
    description: 'Rows that the step looked at.',
  },
  {
    name: 'table_total_rows',
    type: 'int64',
    nullable: true,
    min: 0,
    unit: 'rows',
    description: 'Rows in the written table afterwards.',
  },
  {
    name: 'valid_rows',
    type: 'int64',
    nullable: false,
    min: 0,
    unit: 'rows',
    description: 'Rows that passed validation.',
  },
  {
    name: 'invalid_rows',
    type: 'int64',
    nullable: false,
    min: 0,
    unit: 'rows',
    description: 'Rows that failed validation.',
  },
  {
    name: 'validation_rate',
    type: 'double',
    nullable: false,
    min: 0,
    max: 100,
    unit: 'percent',
    description: 'Share of valid rows, 0 to 100.',
  },
  { name: 'success', type: 'boolean', nullable: false, description: 'True if the step succeeded.' },
  { name: 'error_message', type: 'string', nullable: true, description: 'Why it failed.' },
  {
    name: 'memory_usage_mb',
    type: 'double',
    nullable: true,
    min: 0,
    unit: 'MB',
    description: 'Peak memory of the step.',
  },
  {
    name: 'cpu_usage_percent',
    type: 'double',
    nullable: true,
    min: 0,
    unit: 'percent',
    description: 'CPU use of the step.',
  },
  { name: 'metadata', type: 'json', nullable: true, description: 'Further facts, as JSON text.' },
  {
    name: 'created_at',
    type: 'timestamp',
    nullable: true,
    unit: 'UTC',
    description: 'When the row was first written.',
  },
  { name: 'updated_at', type: 'timestamp', nullable: true, unit: 'UTC', description: 'When the row was last written.' },
] as const satisfies readonly ColumnDefinition[]

export type LogColumnName = (typeof LOG_COLUMNS)[number]['name']
export type RunMode = (typeof RUN_MODES)[number]
export type Phase = (typeof PHASES)[number]
export type WriteMode = (typeof WRITE_MODES)[number]

/** The columns on which merges match if `mergeKeys` is not set. */
export const DEFAULT_MERGE_KEYS = ['run_id', 'phase', 'step_name'] as const satisfies readonly LogColumnName[]
