import { makeRow, makeRows } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Data Quality Validation": rows are checked against the default rules, and the threshold limits how many may fail. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { logDataQualityResults: true, minValidationRate: 95.0 })
  const logRows = [...makeRows(19), makeRow({ step_name: 'grown', rows_written: 2000 })]
  const qualityResult = await writer.validateLogDataQuality(logRows)

  if (qualityResult.qualityPassed) {
    console.log('✅ Data quality validation passed')
    console.log(`Validation rate: ${qualityResult.validationRate}%`)
  } else {
    console.log('❌ Data quality validation failed')
    console.log(`Validation rate: ${qualityResult.validationRate}%`)
    console.log(`Threshold: ${qualityResult.thresholdMet}`)
  }
  const worse = await writer.validateLogDataQuality(logRows.slice(1))
  const { quality } = await writer.writeLogRows(logRows)
  const stored = await writer.validateLogDataQuality()
  return { qualityResult, worse, quality, stored }
}
