import { isWriterError } from '@forge/writer-core'
import { openLogs } from './open-logs.ts'

/** Guide, "Validation Errors": the error names the row and the field; valid rows of another call are stored. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const invalid = [{ run_id: '', phase: 'bronze' as const, duration_secs: -1 }]
  const problem = await writer.writeLogRows(invalid).catch((error: unknown) => {
    if (!isWriterError(error, 'VALIDATION')) throw error
    return error
  })
  const valid = [
    {
      run_id: 'valid-run',
      phase: 'bronze' as const,
      step_name: 'extract',
      duration_secs: 10,
      rows_processed: 1000,
      validation_rate: 95,
    },
  ]
  const { rowsWritten } = await writer.writeLogRows(valid)
  return { problem, rowsWritten }
}
