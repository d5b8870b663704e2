import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Custom Validation Rules": defines conditions per column in SQL syntax. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  const customRules = {
    duration_secs: ['duration_secs >= 0 AND duration_secs <= 3600'],
    validation_rate: ['validation_rate >= 90'],
    rows_processed: ['rows_processed > 0'],
    phase: ["phase IN ('bronze', 'silver', 'gold')"],
  }
  const logRows = [
    makeRow({ step_name: 'good' }),
    makeRow({ step_name: 'negative', duration_secs: -1 }),
    makeRow({ step_name: 'empty', rows_processed: 0, rows_written: 0, validation_rate: 50 }),
    makeRow({ step_name: 'whole', phase: 'pipeline' }),
  ]
  return writer.validateLogDataQuality(logRows, { validationRules: customRules })
}
