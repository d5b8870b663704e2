/** One row of the log as detection sees it: what a step of a run did. */
export interface StepRun {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
  readonly runId: string
  readonly executionId: string
  readonly mode: string
  /** When the step started, in milliseconds since 1970; when it ended or was written where nothing else is known. */
  readonly timeMs: number
  /** When the run started, where that is known. */
  readonly runStartMs: number | null
  /** When the row was written, where that is known. */
  readonly writtenMs: number | null
  readonly durationSecs: number
  /** Rows processed. */
  readonly rows: number
  readonly rowsWritten: number | null
  /** Percent, 0-100. */
  readonly validationRate: number
  readonly success: boolean
  readonly error: string | null
}

/** Chronological, ties broken by what identifies the row, so that the same rows always come in the same order. */
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

/** What makes two rows the same attempt of the same step. */
export function identityOf({ pipeline, runId, executionId, phase, step }: StepRun): string {
  return [pipeline, runId, executionId, phase, step].join('\0')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Returns a step whose outcome is not known: it was there, but it did not fail, and its figures are neither judged nor learned. */
export function withoutOutcome(run: StepRun): StepRun {
  const none = Number.NaN
  return { ...run, success: true, durationSecs: none, rows: none, rowsWritten: null, validationRate: none, error: null }
}
