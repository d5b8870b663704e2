import { generateTableName, writerConfig } from '@forge/writer-core'
import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Custom Table Naming": generates table names from runs, and routes rows to the table of their run. */
export async function main(directory: string) {
  const config = writerConfig({
    tableSchema: 'analytics',
    tableName: 'base_logs',
    tableNamePattern: '{schema}.{pipeline_id}_{run_mode}_{date}',
    tableSuffixPattern: '_{run_mode}_{timestamp}',
  })
  const tableName = generateTableName(config, {
    pipelineId: 'my-pipeline',
    runMode: 'incremental',
    timestamp: '20240101_120000',
  })

  await using writer = await openLogs(directory, { tableNamePattern: '{schema}.{pipeline_id}_{run_mode}_{date}' })
  const run = { run_started_at: '2024-01-01T12:00:00Z', run_mode: 'incremental' } as const
  const result = await writer.writeLogRows([
    makeRow({ ...run, pipeline_id: 'orders' }),
    makeRow({ ...run, pipeline_id: 'customers' }),
    makeRow({ ...run, pipeline_id: 'customers', step_name: 'load' }),
  ])
  const customers = await writer.showLogs({ table: 'customers_incremental_20240101', print: false })
  return { tableName, result, customers }
}
