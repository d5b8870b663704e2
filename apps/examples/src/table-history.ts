import { makeRow, makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Table History": shows what was written when and by whom, and the size of the table at that time. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory)
  const before = await writer.getTableHistory({ limit: 10 })
  if (!before.historyAvailable) console.log(`Table history not available: ${before.reason}`)

  await writer.writeLogRows(makeRows(10), { batchId: 'first' })
  await writer.writeLogRows([makeRow()], { batchId: 'second' })
  const history = await writer.getTableHistory({ limit: 10 })
  console.log(`Table: ${history.tableFqn}`)
  console.log(`Total versions: ${history.totalVersions}`)
  for (const version of history.versions) {
    console.log(`  Version ${version.version}: ${version.timestamp}, ${version.operation}`)
    console.log(`    Rows: ${version.rowCount}`)
    console.log(`    Size: ${version.sizeMb} MB`)
  }
  return { before, history }
}
