import type { LogRowInput } from '@forge/writer-core'
import { makeRow } from '@forge/writer-core/testing'

export const DAY_MS = 86_400_000
export const START_MS = Date.UTC(2024, 0, 1, 6)

/** One step run on day `day`, and what the test changes. */
export function dayRow(day: number, change: LogRowInput = {}): LogRowInput {
  const start = new Date(START_MS + day * DAY_MS)
  return makeRow({
    run_id: `run-${day}`,
    execution_id: `run-${day}`,
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: 'clean_events',
    start_time: start,
    run_started_at: start,
    duration_secs: 118 * wobble(day, 0.04),
    rows_processed: Math.round(20_000 * wobble(day + 7, 0.03)),
    rows_written: Math.round(20_000 * wobble(day + 7, 0.03)),
    validation_rate: 99.5,
    success: true,
    ...change,
  })
}

/** Days `0` to `count - 1`; `change` gives what differs on a day. */
export function daily(count: number, change: (day: number) => LogRowInput = () => ({})): LogRowInput[] {
  return Array.from({ length: count }, (_, day) => dayRow(day, change(day)))
}

/** Noise around 1 that is the same each time. */
export function wobble(day: number, spread: number): number {
  const unit = (seed: number) => {
    const state = Math.imul(seed + 1, 0x6d2b79f5)
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const normal = Math.sqrt(-2 * Math.log(1 - unit(day * 2 + 1))) * Math.cos(2 * Math.PI * unit(day * 2 + 2))
  return Math.exp(spread * normal)
}
