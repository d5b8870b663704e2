import type { LogRowInput } from '@forge/writer-core'
import fc from 'fast-check'
import { NOW } from './logs.ts'

const HOUR_MS = 3_600_000

const row = fc.record({
  run: fc.integer({ min: 0, max: 12 }),
  execution: fc.constantFrom(null, null, 'try-1', 'try-2'),
  pipeline: fc.constantFrom('orders', 'customers', 'événements'),
  phase: fc.constantFrom('bronze', 'silver', 'gold', 'pipeline'),
  step: fc.constantFrom('extract', 'clean', 'join'),
  type: fc.constantFrom('transform', 'transform', 'test'),
  mode: fc.constantFrom('incremental', 'full_refresh'),
  hoursAgo: fc.integer({ min: -30, max: 24 * 50 }),
  hasStart: fc.boolean(),
  durationMs: fc.integer({ min: 0, max: 5_000_000 }),
  processed: fc.integer({ min: 0, max: 5_000_000_000 }),
  written: fc.option(fc.integer({ min: 0, max: 5_000_000_000 })),
  rate: fc.double({ min: 0, max: 100, noNaN: true }),
  success: fc.boolean(),
  status: fc.constantFrom(null, null, 'skipped', 'success', 'upstream_failed'),
  rowsUnknown: fc.boolean(),
})

/** Rows that meet all the conditions of the reports: runs of several pipelines, skipped steps, checks, unknown rows, missing times. */
export const randomRows = fc.array(
  row.map((one): LogRowInput => {
    const at = new Date(NOW.getTime() - one.hoursAgo * HOUR_MS)
    return {
      run_id: `run-${one.run}`,
      execution_id: one.execution,
      pipeline_id: one.pipeline,
      phase: one.phase as 'bronze',
      step_name: one.step,
      step_type: one.type,
      run_mode: one.mode as 'incremental',
      ...(one.hasStart ? { start_time: at } : { run_started_at: at }),
      duration_secs: one.durationMs / 1000,
      rows_processed: one.processed,
      rows_written: one.written,
      validation_rate: one.rate,
      success: one.success,
      error_message: one.success ? null : `row ${one.processed} of ${one.step} is broken`,
      metadata: one.status || one.rowsUnknown ? metadata(one) : null,
    }
  }),
  { minLength: 1, maxLength: 60 },
)

function metadata({ status, rowsUnknown }: { readonly status: string | null; readonly rowsUnknown: boolean }) {
  return { ...(status && { status }), ...(rowsUnknown && { rows_unknown: true }) }
}
