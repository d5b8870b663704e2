import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Table Optimization": compacts and clusters many small writes without losing rows. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory, { clusterColumns: ['pipeline_id', 'step_name'] })
  for (let write = 0; write < 20; write++) await writer.writeLogRows([makeRow({ run_id: `run-${write}` })])

  const result = await writer.optimizeTable({
    enablePartitioning: true,
    enableCompression: true,
    enableZordering: true,
    enableVacuum: true,
  })
  if (result.optimized) {
    console.log('Table optimization completed')
    console.log(`Optimizations applied: ${result.optimizationsApplied.join(', ')}`)
    console.log(`Optimization time: ${result.optimizationDurationSecs} seconds`)
  } else {
    console.log(`Table optimization failed: ${result.reason}`)
  }
  return { result, info: await writer.getTableInfo() }
}
