import type { RunGrid } from '@forge/writer-analytics'
import { type ExpectedReport, readExpected } from '@forge/writer-anomaly'
import type { TableSource } from '@forge/writer-core'
import { DAY_MS, settledSource } from '@forge/writer-core/storage'
import { stepsWithPages } from './steps-with-pages.ts'

/** The maximum number of rows that are learned for a report: learning a row costs much more than aggregating it. */
const MAX_ROWS = 20_000
/** The history from which a baseline is learned: the runs of 60 days, and at least 120. */
const HISTORY_DAYS = 60
const MIN_HISTORY_RUNS = 120

export interface ExpectationOptions {
  readonly now: Date
  readonly table: string | undefined
}

/** Reads the expected values of the runs of grids, the first grids first, and of their steps that have a page. */
export function readExpectations(
  source: TableSource,
  all: readonly RunGrid[],
  { now, table }: ExpectationOptions,
): Promise<ExpectedReport> {
  const grids = affordable(all)
  const starts = grids.flatMap(({ runs }) => runs.flatMap(({ startedAt }) => startedAt ?? [])).sort()
  const [first] = starts
  if (first === undefined) return Promise.resolve({ points: [], findings: [] })
  const keyOf = (...names: readonly string[]) => JSON.stringify(names)
  const runs = new Set(grids.flatMap((grid) => grid.runs.map(({ runId }) => keyOf(grid.pipeline, runId))))
  const steps = new Set(
    grids.flatMap((grid) => stepsWithPages(grid).map(({ phase, step }) => keyOf(grid.pipeline, phase, step))),
  )
  // The rows of another table are judged by the feedback on this one.
  const read = table === undefined ? source : { ...settledSource(source), table: () => source.table({ table }) }
  return readExpected(read, {
    pipelines: grids.map(({ pipeline }) => pipeline),
    since: new Date(first),
    now: () => now,
    wants: ({ pipeline, phase, step, runId }, metric) =>
      runs.has(keyOf(pipeline, runId)) &&
      (phase === 'pipeline' || (metric === 'duration_secs' && steps.has(keyOf(pipeline, phase, step)))),
  })
}

/** Returns the first grids whose history is short enough to be learned. */
function affordable(grids: readonly RunGrid[]): readonly RunGrid[] {
  let rows = 0
  return grids.filter((grid) => {
    const own = rowsOf(grid)
    if (rows + own > MAX_ROWS) return false
    rows += own
    return true
  })
}

/** Estimates the rows that are learned for a grid. */
function rowsOf({ runs, steps, otherSteps }: RunGrid): number {
  const times = runs.flatMap(({ startedAt }) => (startedAt === null ? [] : Date.parse(startedAt)))
  const days = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS
  const perDay = days > 0 ? runs.length / days : 1
  return (Math.max(MIN_HISTORY_RUNS, perDay * HISTORY_DAYS) + runs.length) * (steps.length + otherSteps + 1)
}
