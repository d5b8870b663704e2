import type { GridStep, RunGrid } from '@forge/writer-analytics'

const MAX_STEPS = 8
const MAX_SLOWEST = 2

/** Chooses the steps of a pipeline that have a page: those that failed or were tried again, and the slowest ones. */
export function stepsWithPages({ steps }: RunGrid): readonly GridStep[] {
  const slowest = steps
    .toSorted((a, b) => (b.medianDurationSecs ?? 0) - (a.medianDurationSecs ?? 0))
    .slice(0, MAX_SLOWEST)
  const eventful = steps
    .filter(({ failedRuns, retriedRuns }) => failedRuns + retriedRuns > 0)
    .sort((a, b) => b.failedRuns - a.failedRuns)
  return [...new Set([...eventful, ...slowest])].slice(0, MAX_STEPS)
}
