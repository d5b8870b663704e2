import type { RunOutcome } from '../runs/run-page.ts'
import type { PipelineState, StripRun } from './list-pipelines.ts'

/** One place in the strip of a pipeline: a run, or a due time at which none came. */
export interface StripMark {
  readonly kind: RunOutcome | 'missed'
  /** When it started or was due. ISO 8601, UTC; null if that is not known. */
  readonly at: string | null
  /** The run; null if none came. */
  readonly run: StripRun | null
}

/** Returns the runs of a strip and the runs that did not come, in order of time, the oldest first; the last ones if they are more than `max`. */
export function stripMarksOf({ strip, missedAt }: Pick<PipelineState, 'strip' | 'missedAt'>, max: number): StripMark[] {
  const runs = strip.map((run): StripMark => ({ kind: run.outcome, at: run.startedAt, run }))
  const missed = missedAt.map((at): StripMark => ({ kind: 'missed', at, run: null }))
  const msOf = ({ at }: StripMark) => (at === null ? Number.NEGATIVE_INFINITY : Date.parse(at))
  const marks = missed.length === 0 ? runs : [...runs, ...missed].sort((a, b) => msOf(a) - msOf(b))
  return marks.slice(-max)
}
