import { hasFailed, hasNoOutcome, type LogRowInput, statusOf } from '@forge/writer-core'

/** A step or run of a file that failed, and why. */
export interface RecordedFailure {
  readonly runId: string | null
  readonly pipelineId: string | null
  readonly phase: string
  readonly stepName: string | null
  /** The first 2,000 characters; null if the file has no message. */
  readonly message: string | null
}

/** Counts the rows of a file that failed, and keeps the first ones. Steps that did not run because of another one are not among them. */
export interface FailureCount {
  add(row: LogRowInput): void
  readonly failedRows: number
  readonly failures: readonly RecordedFailure[]
}

const MAX_KEPT = 100
const MAX_MESSAGE = 2000

export function countFailures(): FailureCount {
  const failures: RecordedFailure[] = []
  let failedRows = 0
  return {
    add(row) {
      if (!hasFailed(row) || hasNoOutcome(statusOf(row))) return
      failedRows++
      if (failures.length >= MAX_KEPT) return
      failures.push({
        runId: row.run_id ?? null,
        pipelineId: row.pipeline_id ?? null,
        phase: row.phase ?? 'unknown',
        stepName: row.step_name ?? null,
        message: row.error_message?.slice(0, MAX_MESSAGE).toWellFormed() ?? null,
      })
    },
    get failedRows() {
      return failedRows
    },
    failures,
  }
}
