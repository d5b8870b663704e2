import { fittingPipelines, type RowChoice } from '@forge/writer-analytics'
import type { RunningWork } from './report-model.ts'

export interface RunningChoice extends RowChoice {
  /** The pipelines of the report. */
  readonly names: readonly string[]
}

/**
 * Chooses the running runs of the pipelines of a report, the oldest first. A report about everything also has pipelines that run for the first time.
 */
export function chooseRunning(
  running: readonly RunningWork[],
  { names, pipeline, owner, tags = [], where }: RunningChoice,
): RunningWork[] {
  const isAll = owner === undefined && tags.length === 0 && where === undefined
  const ids = [...new Set(running.map(({ pipelineId }) => pipelineId))]
  const fitting = isAll ? (pipeline === undefined ? new Set(ids) : fittingPipelines(pipeline, ids)) : new Set(names)
  return running
    .filter(({ pipelineId }) => fitting.has(pipelineId))
    .sort((a, b) => (a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0))
}
