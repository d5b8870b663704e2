import { type Anomaly, worstSeverity } from '@forge/writer-core'
import { makeAnomaly } from './make-anomaly.ts'

const MIN_STEPS = 3
/** The minimum share of a run's steps with findings that makes the run the finding; half of them make it critical. */
const MIN_SHARE = 0.25
const CRITICAL_SHARE = 0.5

/** Returns one finding about the whole run if many of its steps have findings, which become its parts. */
export function correlatedRun(
  run: { readonly pipeline: string; readonly runId: string; readonly startMs: number; readonly steps: number },
  parts: readonly Anomaly[],
  nowMs: number,
): Anomaly | undefined {
  const steps = new Set(parts.map(({ phase, step }) => `${phase}.${step}`))
  const total = Math.max(run.steps, steps.size)
  const share = steps.size / total
  if (steps.size < MIN_STEPS || share < MIN_SHARE) return undefined
  const kinds = [...new Set(parts.map(({ type }) => type))].sort()
  const worst = parts.map(({ severity }) => severity).reduce(worstSeverity, 'warning')
  return makeAnomaly(
    { pipeline: run.pipeline, phase: null, step: null, runId: run.runId, timeMs: run.startMs },
    {
      type: 'correlated_run',
      metric: 'steps',
      detector: 'correlation',
      severity: share >= CRITICAL_SHARE ? 'critical' : worst,
      description: `${run.pipeline}: ${steps.size} of ${total} steps of one run are unusual (${kinds.join(', ')})`,
      nowMs,
      value: steps.size,
      expected: 0,
      z: null,
      score: Math.max(...parts.map(({ score }) => score)),
      evidence: { historyTail: [], contributing: parts.map(({ id }) => id).sort() },
    },
  )
}
