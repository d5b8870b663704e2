import { createLogger } from '@forge/writer-core'
import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Enable Debug Logging": each write logs its path, rows, bytes and the durations of its stages. */
export async function main(directory: string) {
  const logger = createLogger('WriterDebug', { level: 'debug' })
  await using writer = await openLogs(directory, { logger })
  return await writer.writeLogRows([makeRow()])
}
