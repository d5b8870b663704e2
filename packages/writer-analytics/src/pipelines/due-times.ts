import type { ServiceLevelSettings } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { fittingPipelines } from '../reading/pipeline-pattern.ts'
import { type DueRange, dueDays } from '../service-levels/due-days.ts'

/** A time at which a pipeline is due. */
export interface DueTimeOfPipeline {
  readonly pipeline: string
  /** ISO 8601, UTC. */
  readonly at: string
}

export interface DuePeriod {
  readonly from: Date
  /** The end of the period, exclusive. */
  readonly to: Date
}

/**
 * Returns the times at which pipelines are due in a period, by the first service level that matches each of them, in the order of the pipelines.
 * Throws WriterConfigurationError for a wrong period.
 */
export function dueTimesOf(
  levels: readonly ServiceLevelSettings[],
  pipelines: readonly string[],
  period: DuePeriod,
): DueTimeOfPipeline[] {
  assertOptions('dueTimesOf', period, { from: option.required(option.date), to: option.required(option.date) })
  const { from, to } = period
  const range: DueRange = { fromMs: from.getTime(), toMs: to.getTime() }
  const timed = levels.map((level) => ({
    pipelines: fittingPipelines(level.pipeline, pipelines),
    times:
      level.dueTime === undefined
        ? []
        : dueDays([], { ...level, time: level.dueTime }, range).map(({ dueAt }) => dueAt),
  }))
  return pipelines.flatMap((pipeline) => {
    const first = timed.find((each) => each.pipelines.has(pipeline))
    return (first?.times ?? []).map((at) => ({ pipeline, at }))
  })
}
