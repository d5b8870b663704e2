import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Quality Monitoring": the average validation rate of all writes, and the quality result of each write. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { minValidationRate: 95 })
  const verdicts: boolean[] = []
  writer.on('quality', ({ result }) => verdicts.push(result.qualityPassed))
  await writer.writeLogRows([makeRow({ step_name: 'first', validation_rate: 96 })])
  await writer.writeLogRows([makeRow({ step_name: 'second', validation_rate: 90, rows_written: 2000 })])

  const metrics = writer.getMetrics()
  console.log(`Total writes: ${metrics.totalWrites}`)
  console.log(`Success rate: ${metrics.successRatePercent}%`)
  console.log(`Average validation rate: ${metrics.averageValidationRate}%`)
  const isBelow = (metrics.averageValidationRate ?? 100) < (writer.config.minValidationRate ?? 0)
  if (isBelow) console.log('⚠️ Average validation rate below threshold')
  return { metrics, isBelow, verdicts }
}
