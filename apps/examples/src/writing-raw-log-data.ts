import { openLogs } from './open-logs.ts'

/** Guide, "Writing Raw Log Data": writes rows keyed by column name, with custom metadata. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const rows = [
    {
      phase: 'silver' as const,
      step_name: 'transform_data',
      duration_secs: 25.0,
      rows_processed: 950,
      rows_written: 900,
      validation_rate: 94.7,
      success: true,
      error_message: null,
      metadata: { custom_field: 'custom_value' },
    },
  ]
  const result = await writer.writeLogRows(rows, { runId: 'custom-run' })
  return { result, rows: await writer.showLogs({ print: false }) }
}
