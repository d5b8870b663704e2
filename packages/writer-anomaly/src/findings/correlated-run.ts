import type { Anomaly } from '@forge/writer-core'
import { graver } from './anomaly-types.ts'
import { makeAnomaly } from './make-anomaly.ts'

const LEAST_STEPS = 3
/** Share of a run's steps out of order that makes the run the finding; half of them make it critical. */
const LEAST_SHARE = 0.25
const CRITICAL_SHARE = 0.5

/** Many steps of one run out of order: one finding about the run, of which the others are parts. */
export function correlatedRun(
  run: { readonly pipeline: string; readonly runId: string; readonly startMs: number; readonly steps: number },
  parts: readonly Anomaly[],
  nowMs: number,
): Anomaly | undefined {
  const steps = new Set(parts.map(({ phase, step }) => `${phase}.${step}`))
  const total = Math.max(run.steps, steps.size)
  const share = steps.size / total
  if (steps.size < LEAST_STEPS || share < LEAST_SHARE) return undefined
  const kinds = [...new Set(parts.map(({ type }) => type))].sort()
  const gravest = parts.map(({ severity }) => severity).reduce(graver, 'warning')
  return makeAnomaly(
    { pipeline: run.pipeline, phase: null, step: null, runId: run.runId, timeMs: run.startMs },
    {
      type: 'correlated_run',
      metric: 'steps',
      detector: 'correlation',
      severity: share >= CRITICAL_SHARE ? 'critical' : gravest,
      description: `${run.pipeline}: ${steps.size} of ${total} steps of one run are out of order (${kinds.join(', ')})`,
      nowMs,
      value: steps.size,
      expected: 0,
      z: null,
      score: Math.max(...parts.map(({ score }) => score)),
      evidence: { history_tail: [], contributing: parts.map(({ id }) => id).sort() },
    },
  )
}
