import { defineRules, listQuarantine, qualityGate, releaseQuarantine } from '@forge/writer-quality'
import { expectedSteps, range } from '@forge/writer-quality/rules'
import { makeRow } from './log-row.ts'
import { openLogs } from './open-logs.ts'

/** Guide, "Custom Validation Rules", as typed rules at a gate: invalid rows are quarantined, corrected and released. */
export async function main(directory: string) {
  const logQuality = defineRules(
    range('duration_secs', { min: 0, max: 3600 }),
    range('validation_rate', { min: 90, severity: 'warning', mostly: 0.9 }),
  )
  await using writer = await openLogs(directory, {
    hooks: [qualityGate({ rules: logQuality, policy: 'quarantine' })],
  })
  const { rowsWritten } = await writer.writeLogRows([
    makeRow({ step_name: 'load' }),
    makeRow({ step_name: 'transform', duration_secs: 25_000 }),
  ])
  const held = await listQuarantine(writer)
  // This step measured in milliseconds.
  const released = await releaseQuarantine(writer, {
    correct: (row) => ({ ...row, duration_secs: Number(row.duration_secs) / 1000 }),
  })
  const whole = await writer.validateLogDataQuality({
    validationRules: [...logQuality, expectedSteps({ steps: ['load', 'transform'] })],
  })
  return { rowsWritten, held, released, whole }
}
