import type { JudgedPlace } from './run-page.ts'

/** The facts of one run, without its steps. */
export interface RunFacts extends JudgedPlace {
  readonly mode: string
  /** The end of the run. ISO 8601, UTC; null if no row has an end. */
  readonly endedAt: string | null
  /** The duration of the run's own row, otherwise from its start to its end; seconds. Null if neither is known. */
  readonly durationSecs: number | null
  /** The number of its steps, each counted once. */
  readonly steps: number
  /** The number of steps whose last attempt did not succeed, including those that did not run because of another one. */
  readonly failedSteps: number
  /** The number of executions in which its steps ran. */
  readonly attempts: number
  /** The rows of all attempts; null if no step knows its rows. */
  readonly rowsProcessed: number | null
  readonly rowsWritten: number | null
  /** The number of invalid rows of its steps; null if no step has recorded it. */
  readonly invalidRows: number | null
  /** The status of the run's own row, such as `lost`; null if it has none. */
  readonly status: string | null
  readonly owner: string | null
  readonly tags: readonly string[]
  /** When its newest row was stored; null if the table does not say. ISO 8601, UTC. */
  readonly recordedAt: string | null
  /** The message of the step that failed first; null if none has a message. */
  readonly errorMessage: string | null
}
