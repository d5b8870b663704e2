import { join } from 'node:path'
import {
  batchFromRows,
  batchRows,
  LOG_COLUMNS,
  type LogBatch,
  type LogRowInput,
  type LogTable,
  type Row,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type DuckdbStorageOptions, duckdbStorage } from '@forge/writer-storage-duckdb'

/** A whole log row; fields given replace the defaults. */
export function logRow(fields: LogRowInput = {}): LogRowInput {
  return {
    run_id: 'run-1',
    run_mode: 'initial',
    execution_id: 'run-1',
    pipeline_id: 'orders',
    schema: 'analytics',
    phase: 'bronze',
    step_name: 'load',
    step_type: 'transform',
    duration_secs: 1.5,
    rows_processed: 10,
    valid_rows: 10,
    invalid_rows: 0,
    validation_rate: 100,
    success: true,
    ...fields,
  }
}

export function logBatch(...rows: LogRowInput[]): LogBatch {
  return batchFromRows(LOG_COLUMNS, rows.map(logRow))
}

/** `count` rows of step names `prefix-0` and so on. */
export function manyRows(count: number, prefix = 'step'): LogBatch {
  return batchFromRows(
    LOG_COLUMNS,
    Array.from({ length: count }, (_none, index) => logRow({ step_name: `${prefix}-${index}`, rows_processed: index })),
  )
}

export async function allRows(table: LogTable, query: Parameters<LogTable['scan']>[0] = {}): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of table.scan(query)) rows.push(...batchRows(batch))
  return rows
}

/** Returns a path for a database in a new folder. */
export function freshPath(name = 'logs.duckdb'): string {
  return join(newFolder(), name)
}

export const LOGS = { schema: 'analytics', name: 'logs' } as const

/** `name = value` */
export const eq = (name: string, value: string | number | boolean) =>
  ({ op: 'compare', operator: '=', left: { kind: 'column', name }, right: { kind: 'literal', value } }) as const

/** Opens a storage on a file of its own, and its log table. */
export async function openLogs(path = freshPath(), options: Partial<DuckdbStorageOptions> = {}) {
  const storage = duckdbStorage({ path, ...options })
  return { path, storage, table: await storage.openTable(LOGS) }
}
