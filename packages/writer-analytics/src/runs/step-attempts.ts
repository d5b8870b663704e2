import { hasFailed, type Row, statusOf } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import { durationOf, successOf } from './run-steps.ts'

/** One execution of a step. */
export interface StepAttempt {
  readonly executionId: string
  /** False if one of its rows failed; null if its outcome is unknown. */
  readonly success: boolean | null
  readonly status: string
  /** ISO 8601, UTC; null if it is not recorded. */
  readonly startedAt: string | null
  readonly endedAt: string | null
  readonly durationSecs: number | null
  readonly errorMessage: string | null
}

const MAX_ATTEMPTS = 20

/** Returns the attempts of a step by its rows, both in order of start; at most the last 20. */
export function attemptsOf(rows: readonly Row[]): StepAttempt[] {
  const attempts = new Map<string, Row[]>()
  for (const row of rows) {
    const id = String(row.execution_id ?? row.run_id)
    const own = attempts.get(id) ?? []
    own.push(row)
    attempts.set(id, own)
  }
  return [...attempts].slice(-MAX_ATTEMPTS).flatMap(([executionId, own]) => {
    const row = own.findLast(hasFailed) ?? own.at(-1)
    if (!row) return []
    return {
      executionId,
      success: successOf(row),
      status: statusOf(row) ?? (row.success === false ? 'failed' : 'success'),
      startedAt: textOrNull(row.start_time),
      endedAt: textOrNull(row.end_time),
      durationSecs: durationOf(row),
      errorMessage: textOrNull(row.error_message),
    }
  })
}
