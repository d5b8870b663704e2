import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Custom Table Naming": without a name pattern the suffix is added to the table's name. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { tableSuffixPattern: '_{run_mode}' })
  const result = await writer.writeLogRows([makeRow({ run_mode: 'full_refresh' })])
  return result.tables
}
