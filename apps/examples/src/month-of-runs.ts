import type { LogRowInput } from '@forge/writer-core'
import { makeRow } from './log-row.ts'

const DAY_MS = 86_400_000

/** Returns the rows of one run per day with three steps each. Each day is a little slower, and every tenth run fails. */
export function monthOfRuns(days = 30, nowMs = Date.now()): LogRowInput[] {
  return Array.from({ length: days }, (_, day) => {
    const start_time = new Date(nowMs - (days - day) * DAY_MS)
    const run = { run_id: `run-${day}`, pipeline_id: 'orders', start_time, run_started_at: start_time }
    const isBad = day % 10 === 9
    return [
      makeRow({ ...run, phase: 'bronze', step_name: 'extract', duration_secs: 10 + day }),
      makeRow({ ...run, phase: 'silver', step_name: 'clean', duration_secs: 20, validation_rate: 95 }),
      makeRow({
        ...run,
        phase: 'gold',
        step_name: 'report',
        duration_secs: 5,
        success: !isBad,
        error_message: isBad ? `timeout after ${day} s` : null,
      }),
    ]
  }).flat()
}
