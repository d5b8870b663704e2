import { monthOfRuns } from './month-of-runs.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Performance Trend Analysis": trends of durations, success and validation, with a slope that is robust against outliers. */
export async function main(directory: string, open: typeof openLogs = openLogs) {
  await using writer = await open(directory)
  await writer.writeLogRows(monthOfRuns(60))

  const trends = await writer.analyzePerformanceTrends({ days: 90 })
  if (!trends.trendsAvailable) {
    console.log(`Performance trends not available: ${trends.reason}`)
    return trends
  }
  const { durationTrend, successTrend, validationTrend } = trends
  console.log('Performance trends (last 90 days)')
  console.log(`Duration - mean: ${durationTrend.mean?.toFixed(2)}s`)
  console.log(`Duration - standard deviation: ${durationTrend.stddev?.toFixed(2)}s`)
  console.log(`Duration - from ${durationTrend.min?.toFixed(2)}s to ${durationTrend.max?.toFixed(2)}s`)
  console.log(`Duration - ${durationTrend.direction}, ${durationTrend.slopePerDay?.toFixed(3)}s per day`)
  console.log(`Success rate: ${successTrend.successRatePercent?.toFixed(2)}%`)
  console.log(`Total executions: ${successTrend.totalExecutions}`)
  if (validationTrend) {
    console.log(`Validation rate - mean: ${validationTrend.mean?.toFixed(2)}%`)
    console.log(`Validation rate - standard deviation: ${validationTrend.stddev?.toFixed(2)}%`)
  }
  return trends
}
