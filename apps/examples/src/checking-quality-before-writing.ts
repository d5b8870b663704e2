import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Validate Data Quality": checks rows before they are written. */
export async function main(directory: string) {
  await using writer = await openLogs(directory, { minValidationRate: 95 })
  const rows = [makeRow({ step_name: 'fast' }), makeRow({ step_name: 'slow', duration_secs: 7200 })]
  const quality = await writer.validateLogDataQuality(rows, {
    validationRules: { duration_secs: ['duration_secs >= 0 AND duration_secs <= 3600'] },
  })
  if (!quality.qualityPassed) {
    console.log('Data quality issues detected:')
    console.log(`Validation rate: ${quality.validationRate}%`)
    console.log(`Valid rows: ${quality.validRows}`)
    console.log(`Invalid rows: ${quality.invalidRows}`)
    for (const rule of quality.validationRulesApplied) console.log(`Rule applied: ${rule}`)
  }
  return quality
}
