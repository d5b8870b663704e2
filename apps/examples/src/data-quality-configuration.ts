import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Data Quality Configuration": each write is checked, its quality result is stored, and unusual rows are detected. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, {
    writeMode: 'append',
    logDataQualityResults: true,
    enableAnomalyDetection: true,
    minValidationRate: 95.0,
    maxInvalidRowsPercent: 5.0,
  })
  for (let run = 0; run < 30; run++) {
    await writer.writeLogRows([makeRow({ ...startOf(run), run_id: `run-${run}`, duration_secs: 25 + (run % 3) })])
  }
  const usual = await writer.writeLogRows([makeRow({ ...startOf(30), run_id: 'run-30' })])
  const slow = await writer.writeLogRows([makeRow({ ...startOf(31), run_id: 'run-31', duration_secs: 2500 })])

  const verdicts = await (await writer.table({ table: 'pipeline_logs_quality' })).info()
  const findings = await (await writer.table({ table: 'pipeline_logs_anomalies' })).info()
  return { usual, slow, verdicts: verdicts.rowCount, findings: findings.rowCount }
}

function startOf(run: number) {
  const start_time = new Date(Date.UTC(2024, 0, 1 + run, 6))
  return { start_time, run_started_at: start_time }
}
