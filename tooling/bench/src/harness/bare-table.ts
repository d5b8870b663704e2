import { DuckDBInstance, DuckDBTimestampValue, type DuckDBValue } from '@duckdb/node-api'
import type { RealisticRow } from '@forge/fixtures'

export interface BareTable {
  /** Inserts exactly as many rows as were said at opening and commits. */
  insert(rows: readonly RealisticRow[]): Promise<void>
  close(): void
}

const TYPES: Readonly<Record<keyof RealisticRow, string>> = {
  run_id: 'varchar',
  run_mode: 'varchar',
  run_started_at: 'timestamp',
  run_ended_at: 'timestamp',
  execution_id: 'varchar',
  pipeline_id: 'varchar',
  schema: 'varchar',
  phase: 'varchar',
  step_name: 'varchar',
  step_type: 'varchar',
  start_time: 'timestamp',
  end_time: 'timestamp',
  duration_secs: 'double',
  table_fqn: 'varchar',
  write_mode: 'varchar',
  input_rows: 'bigint',
  output_rows: 'bigint',
  rows_written: 'bigint',
  rows_processed: 'bigint',
  table_total_rows: 'bigint',
  valid_rows: 'bigint',
  invalid_rows: 'bigint',
  validation_rate: 'double',
  success: 'boolean',
  error_message: 'varchar',
  memory_usage_mb: 'double',
  cpu_usage_percent: 'double',
  metadata: 'varchar',
  created_at: 'timestamp',
  updated_at: 'timestamp',
}
const COLUMNS = Object.keys(TYPES) as (keyof RealisticRow)[]

/** The log's columns in a file of the engine, written by one prepared statement of `rowCount` rows. */
export async function openBareTable(path: string, rowCount: number): Promise<BareTable> {
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(`create table log (${COLUMNS.map((name) => `${name} ${TYPES[name]}`).join(', ')})`)
  const tuple = (row: number) => `(${COLUMNS.map((_, column) => `$${row * COLUMNS.length + column + 1}`).join(', ')})`
  const tuples = Array.from({ length: rowCount }, (_, row) => tuple(row))
  const prepared = await connection.prepare(`insert into log values ${tuples.join(', ')}`)
  return {
    async insert(rows) {
      prepared.bind(rows.flatMap((row) => COLUMNS.map((name) => engineValue(row[name], TYPES[name]))))
      await prepared.run()
    },
    close() {
      prepared.destroySync()
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function engineValue(value: RealisticRow[keyof RealisticRow], type: string): DuckDBValue {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof Date) return new DuckDBTimestampValue(BigInt(value.getTime()) * 1000n)
  if (typeof value === 'number') return type === 'bigint' ? BigInt(value) : value
  return JSON.stringify(value)
}
