import type { Period } from '../reading/period.ts'
import { fittingPipelines } from '../reading/pipeline-pattern.ts'
import { runKey } from '../reading/run-keys.ts'
import type { JudgedRun } from './judged-runs.ts'

/** A run that has started and not ended, so that the log has no row of it, or only rows of its steps. */
export interface RunInProgress {
  readonly runId: string
  readonly pipelineId: string
  /** ISO 8601, UTC. */
  readonly startedAt: string
  /** The state of the run. Only runs that still run count: `running`, the default, and `unwatched`. */
  readonly state?: string | undefined
  /** True for a step of a run that was started elsewhere, which does not count. Default: false. */
  readonly isNested?: boolean | undefined
}

export interface ProgressOptions extends Period {
  readonly now: Date
}

/** Returns the runs of a period as service levels judge them; their outcome and duration are unknown. */
export function runningRuns(
  running: readonly RunInProgress[],
  { from, to, now }: ProgressOptions,
): readonly JudgedRun[] {
  return running.filter(goesOn).flatMap(({ runId, pipelineId, startedAt }) => {
    const startMs = Date.parse(startedAt)
    const isInside = startMs >= (from?.getTime() ?? Number.NEGATIVE_INFINITY) && startMs < (to ?? now).getTime()
    if (!isInside) return []
    return {
      pipeline: pipelineId,
      runId,
      success: null,
      startedAt,
      endedAt: now.toISOString(),
      durationSecs: null,
      hasNonFinite: false,
      runningSecs: (now.getTime() - startMs) / 1000,
    }
  })
}

function goesOn({ state = 'running', isNested = false }: RunInProgress): boolean {
  return !isNested && (state === 'running' || state === 'unwatched')
}

/** Groups running runs by the first glob that their pipeline fits. */
export function runningByLevel(running: readonly JudgedRun[], globs: readonly string[]): readonly JudgedRun[][] {
  let rest = [...running]
  return globs.map((glob) => {
    const fitting = fittingPipelines(glob, [...new Set(rest.map(({ pipeline }) => pipeline))])
    const own = rest.filter(({ pipeline }) => fitting.has(pipeline))
    rest = rest.filter(({ pipeline }) => !fitting.has(pipeline))
    return own
  })
}

/** Returns all runs in order of start. A running run stands for the rows that its steps have stored already. */
export function withRunning(runs: readonly JudgedRun[], running: readonly JudgedRun[]): readonly JudgedRun[] {
  if (running.length === 0) return runs
  const keys = new Set(running.map(runKey))
  return [...runs.filter((run) => !keys.has(runKey(run))), ...running].sort(
    (a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt),
  )
}
