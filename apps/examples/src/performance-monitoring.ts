import { isWriterError } from '@forge/writer-core'
import { makeRow, makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Performance Monitoring": the metrics of the writer, including one failure. */
export async function main(directory: string) {
  await using writer = await openLogs(directory)
  await writer.writeLogRows(makeRows(30, { rows_processed: 100, validation_rate: 100 }))
  await writer.writeLogRows(makeRows(10, { rows_processed: 300, validation_rate: 50 }))
  await writer.writeLogRows([makeRow({ duration_secs: -1 })]).catch((error: unknown) => {
    if (!isWriterError(error, 'VALIDATION')) throw error
  })

  const metrics = writer.getMetrics()
  console.log(`Total writes: ${metrics.totalWrites}`)
  console.log(`Success rate: ${metrics.successRatePercent}%`)
  console.log(`Average duration: ${metrics.averageDurationSecs} seconds`)
  console.log(`Peak memory usage: ${metrics.memoryUsagePeakMb} MB`)
  console.log(`Total rows written: ${metrics.totalRowsWritten}`)
  const rowsPerSecond = metrics.totalRowsWritten / metrics.totalDurationSecs
  console.log(`Throughput: ${rowsPerSecond.toFixed(2)} rows/second`)

  writer.resetMetrics()
  return { metrics, rowsPerSecond, afterReset: writer.getMetrics() }
}
