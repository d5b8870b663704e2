import type { LogRowInput, LogRowWithExtras } from '../log/row.ts'

/** Creates a row of the log with the fields that every row needs, and those in `change`. */
export function makeRow(change: LogRowWithExtras = {}): LogRowInput {
  return { run_id: 'run-1', phase: 'bronze', step_name: 'load', ...change }
}
