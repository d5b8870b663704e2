import { makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Viewing Log Data": prints the newest rows as a table, and returns facts about the table. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const before = await writer.getTableInfo()
  await writer.writeLogRows(makeRows(60))

  const printed: string[] = []
  const recent = await writer.showLogs({ print: (text) => printed.push(text) })
  const fifty = await writer.showLogs({ limit: 50, print: false })

  const info = await writer.getTableInfo()
  console.log(`Table has ${info.rowCount} rows`)
  console.log(`Columns: ${info.columns.join(', ')}`)
  return { before, info, recent, fifty, printed: printed.join('\n') }
}
