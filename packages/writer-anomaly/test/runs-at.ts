import type { LogRowInput } from '@forge/writer-core'
import { dayRow, wobble } from './daily-rows.ts'

export const HOUR_MS = 3_600_000
/** A Monday. */
export const FIRST_MS = Date.UTC(2024, 0, 1)

/** One run of a step that starts at this time. */
export function runAt(startMs: number, change: LogRowInput = {}): LogRowInput {
  const at = Math.round((startMs - FIRST_MS) / 60_000)
  const start = new Date(startMs)
  const id = `run-${start.toISOString()}`
  return dayRow(0, {
    run_id: id,
    execution_id: id,
    start_time: start,
    run_started_at: start,
    duration_secs: 100 * wobble(at, 0.05),
    ...change,
  })
}

export const rowsOf = (count: number): LogRowInput => ({
  rows_processed: Math.round(count),
  rows_written: Math.round(count),
})

/** A run each hour of `days` days from 2024-01-01. */
export function hourly(days: number, change: (startMs: number, at: number) => LogRowInput): LogRowInput[] {
  return Array.from({ length: days * 24 }, (_, at) =>
    runAt(FIRST_MS + at * HOUR_MS, change(FIRST_MS + at * HOUR_MS, at)),
  )
}
