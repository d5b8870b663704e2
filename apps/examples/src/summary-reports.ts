import { monthOfRuns } from './month-of-runs.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Summary Reports": summarises 30 days: runs per phase, failures and slow steps. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory)
  await writer.writeLogRows(monthOfRuns(30))

  const summary = await writer.generateSummaryReport({ days: 30.5 })
  if (summary.reportAvailable) {
    console.log('Summary report (last 30 days)')
    console.log(`Total executions: ${summary.totalExecutions}`)
    console.log(`Success rate: ${summary.successRatePercent}%`)
    console.log(`Average duration: ${summary.averageDurationSecs} seconds`)
    console.log(`Total rows processed: ${summary.totalRowsProcessed}`)
    console.log(`Total rows written: ${summary.totalRowsWritten}`)
    for (const [phase, count] of Object.entries(summary.phaseDistribution)) console.log(`  ${phase}: ${count} steps`)
  } else {
    console.log(`Summary report not available: ${summary.reason}`)
  }
  return summary
}
