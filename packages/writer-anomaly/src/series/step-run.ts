/** A row of the log in the form that detection reads: one step of one run. */
export interface StepRun {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
  readonly runId: string
  readonly executionId: string
  readonly mode: string
  /** The start of the step, in milliseconds since 1970; if it is unknown, its end or the time of writing. */
  readonly timeMs: number
  /** The start of the run; null if it is unknown. */
  readonly runStartMs: number | null
  /** The time at which the row was written; null if it is unknown. */
  readonly writtenMs: number | null
  readonly durationSecs: number
  /** The number of rows processed. */
  readonly rows: number
  readonly rowsWritten: number | null
  /** The validation rate in percent, 0-100. */
  readonly validationRate: number
  readonly success: boolean
  readonly error: string | null
}

/** Compares rows by time, and then by what identifies them, so that the same rows always come in the same order. */
export function compareStepRuns(a: StepRun, b: StepRun): number {
  return (
    a.timeMs - b.timeMs ||
    compareText(a.pipeline, b.pipeline) ||
    compareText(a.runId, b.runId) ||
    compareText(a.phase, b.phase) ||
    compareText(a.step, b.step) ||
    compareText(a.executionId, b.executionId) ||
    a.durationSecs - b.durationSecs ||
    a.rows - b.rows
  )
}

/** Returns what two rows of the same attempt of the same step have in common. */
export function identityOf({ pipeline, runId, executionId, phase, step }: StepRun): string {
  return [pipeline, runId, executionId, phase, step].join('\0')
}

/** Returns what identifies the step of a row within its pipeline. */
export function keyOf({ phase, step }: StepRun): string {
  return `${phase}\0${step}`
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Returns the row with an unknown outcome: the step was there and did not fail, and its figures are neither judged nor learned. */
export function withoutOutcome(run: StepRun): StepRun {
  const none = Number.NaN
  return { ...run, success: true, durationSecs: none, rows: none, rowsWritten: null, validationRate: none, error: null }
}
