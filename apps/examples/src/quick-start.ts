import { join } from 'node:path'
import { createWriter } from '@forge/writer'

/** Guide, "Quick Start": creates a writer, writes one row, and shows the result. */
export async function main(directory: string) {
  await using writer = await createWriter({
    path: join(directory, 'logs.duckdb'),
    tableSchema: 'analytics',
    tableName: 'pipeline_logs',
    writeMode: 'append',
  })
  const result = await writer.writeLogRows([
    {
      run_id: 'my-first-run',
      phase: 'bronze',
      step_name: 'extract_data',
      duration_secs: 15.0,
      rows_processed: 1000,
      validation_rate: 95.0,
    },
  ])
  console.log(`Success: ${result.success}, rows written: ${result.rowsWritten}`)
  return { result, rows: await writer.showLogs({ print: false }) }
}
