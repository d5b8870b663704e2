import { isWriterError } from '@forge/writer-core'
import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Table Errors": a missing table reads as empty, while a closed writer is an error. */
export async function main(directory: string) {
  const writer = await openLogs(directory)
  const missing = await writer.getTableInfo()
  if (missing.rowCount === 0) console.log("Table is empty or doesn't exist")

  await writer.writeLogRows([makeRow()])
  const maintained = await writer.maintainTable()
  await writer.close()
  await writer.close()
  const closed = await writer.writeLogRows([makeRow()]).catch((error: unknown) => {
    if (!isWriterError(error, 'TABLE')) throw error
    return error
  })
  return { missing, maintained, closed }
}
