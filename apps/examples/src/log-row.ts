import type { LogRowInput } from '@forge/writer-core'

/** The guide's row, with what an example changes. */
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

/** Many steps of one run, told apart by their names. */
export function makeRows(count: number, change: LogRowInput = {}): LogRowInput[] {
  return Array.from({ length: count }, (_, index) => makeRow({ step_name: `step_${index}`, ...change }))
}
