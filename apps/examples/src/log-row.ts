import type { LogRowInput } from '@forge/writer-core'

/** Creates the row of the guide, with changed fields. */
export function makeRow(change: LogRowInput = {}): LogRowInput {
  return {
    run_id: 'custom-run',
    phase: 'silver',
    step_name: 'transform_data',
    duration_secs: 25,
    rows_processed: 950,
    rows_written: 900,
    validation_rate: 94.7,
    success: true,
    ...change,
  }
}

/** Creates many steps of one run with different names. */
export function makeRows(count: number, change: LogRowInput = {}): LogRowInput[] {
  return Array.from({ length: count }, (_, index) => makeRow({ step_name: `step_${index}`, ...change }))
}
