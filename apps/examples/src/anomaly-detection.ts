import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Anomaly Detection": rows are compared with the history of the log, whether they are stored or not. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { enableAnomalyDetection: true })
  for (let run = 0; run < 30; run++) await writer.writeLogRows([rowOf(run)])

  const logRows = [rowOf(30, { duration_secs: 412, rows_processed: 0, rows_written: 0 })]
  const anomalyResult = await writer.detectAnomalies(logRows)

  if (anomalyResult.anomaliesDetected) {
    console.log(`🚨 Found ${anomalyResult.anomalyCount} anomalies`)
    for (const anomaly of anomalyResult.anomalies) {
      console.log(`  - Type: ${anomaly.type}`)
      console.log(`    Description: ${anomaly.description}`)
      console.log(`    Severity: ${anomaly.severity}`)
      console.log(`    Value: ${anomaly.value}`)
    }
  } else {
    console.log('✅ No anomalies detected')
  }
  const usual = await writer.detectAnomalies([rowOf(30)])
  return { anomalyResult, usual }
}

/** Returns the row of one run per day, whose duration and row counts vary a little. */
function rowOf(run: number, change = {}) {
  const start_time = new Date(Date.UTC(2024, 0, 1 + run, 6))
  return makeRow({
    start_time,
    run_id: `run-${run}`,
    duration_secs: 118 + (run % 7),
    rows_processed: 950 + (run % 11) * 10,
    rows_written: 900 + (run % 11) * 9,
    ...change,
  })
}
