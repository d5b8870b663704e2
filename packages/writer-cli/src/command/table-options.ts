import { flag, type OptionValues, text } from './option.ts'

/** Options of every command. */
export const COMMON_OPTIONS = {
  json: flag('Print one JSON object with schemaVersion instead of text'),
}

/** Options of every command that works on the log table. */
export const TABLE_OPTIONS = {
  config: text('Config file; default: the nearest forge-writer.config.{json,yaml}', { value: 'file' }),
  env: text('Environment in the config file whose settings apply', { value: 'name' }),
  path: text('DuckDB file, folder of Delta tables, or address (s3://, postgres://, sc://); default: logs.duckdb', {
    value: 'path',
  }),
  storage: text(
    'duckdb, delta, postgres, spark, or the package that opens the address; default: the storage of the address, otherwise duckdb',
    { value: 'kind' },
  ),
  schema: text('Schema of the log table; default: analytics', { value: 'name' }),
  table: text('Name of the log table; default: pipeline_logs', { value: 'name' }),
}

export type CommonOptions = OptionValues<typeof COMMON_OPTIONS>
export type TableOptionValues = OptionValues<typeof TABLE_OPTIONS>
