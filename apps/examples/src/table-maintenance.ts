import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Table Maintenance": vacuum, statistics and a schema check, or only the operations that the table needs. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory)
  for (let write = 0; write < 20; write++) await writer.writeLogRows([makeRow({ run_id: `run-${write}` })])

  const result = await writer.maintainTable({ vacuum: true, analyze: true, validateSchema: true })
  if (result.maintained) {
    console.log('Table maintenance completed')
    console.log(`Operations performed: ${result.maintenanceOperations.join(', ')}`)
    console.log(`Maintenance time: ${result.maintenanceDurationSecs} seconds`)
  }
  const byPlan = await writer.maintainTable({ auto: true })
  for (const { operation, isNeeded, reason } of byPlan.plan?.steps ?? []) {
    console.log(`${operation}: ${isNeeded ? 'needed' : 'not needed'}, ${reason}`)
  }
  return { result, byPlan, info: await writer.getTableInfo() }
}
