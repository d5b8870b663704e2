import {
  compareRuns,
  listRuns,
  type PipelineList,
  type PipelineState,
  type RowChoice,
  type RunsCompared,
  type RunViewed,
  readRunDays,
  readRunGrids,
  viewRuns,
} from '@forge/writer-analytics'
import type { TableSource } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import { type KeptExpectations, readKeptExpectations } from './kept-expectations.ts'
import type { PipelinePage, ReportTimeline } from './report-model.ts'

const MAX_RUN_PAGES = 12
/** The maximum number of pages for runs of pipelines that are fine, which people rarely open. */
const MAX_FINE_RUN_PAGES = 6
const MAX_COMPARISONS = 6
/** The maximum number of steps of a comparison: comparisons of longer runs would fill the file. */
const MAX_COMPARED_STEPS = 2000
const MAX_TIMELINE_RUNS = 400
const GRID_STEPS = 40
const CALENDAR_DAYS = 372

type Choice = RowChoice & { readonly table: string | undefined }

/** Reads the runs of the last day. */
export async function readTimeline(
  source: TableSource,
  choice: Choice,
  at: Date,
): Promise<Omit<ReportTimeline, 'due'>> {
  const from = new Date(at.getTime() - DAY_MS)
  const { runs, next } = await listRuns(source, {
    ...choice,
    from,
    to: at,
    overlapping: true,
    limit: MAX_TIMELINE_RUNS,
  })
  return { from: from.toISOString(), to: at.toISOString(), runs, isCut: next !== null }
}

export interface PageOptions {
  readonly choice: RowChoice
  readonly runs: number
  readonly timeZone: string
  readonly now: Date
  readonly table: string | undefined
  /** Keeps what was expected of pipelines from one call to the next, while their rows are the same. Default: none. */
  readonly kept?: KeptExpectations | undefined
}

/** Reads the grid and the calendar of each pipeline. */
export async function readPipelinePages(
  source: TableSource,
  states: readonly PipelineState[],
  { choice: { owner, tags, where }, runs, timeZone, now, table, kept }: PageOptions,
): Promise<PipelinePage[]> {
  const pipelines = states.map(({ pipeline }) => pipeline)
  const chosen = { owner, tags, where, table, pipelines }
  const grids = await readRunGrids(source, { ...chosen, runs, steps: GRID_STEPS })
  const { days } = await readRunDays(source, { ...chosen, timeZone, days: CALENDAR_DAYS, now: () => now })
  const { points, findings } = await readKeptExpectations(source, grids, { now, table, kept })
  return states.flatMap((state, at): PipelinePage[] => {
    const grid = grids[at]
    if (!grid) return []
    const isHere = ({ pipeline }: { readonly pipeline: string | null }) => pipeline === state.pipeline
    const shifts = findings.filter((finding) => finding.type === 'level_shift' && isHere(finding))
    return [{ state, grid, days: days.filter(isHere), expected: points.filter(isHere), shifts }]
  })
}

/** Reads the last run of each pipeline: failed ones first, as the pipelines are ordered. */
export async function readRunPages(
  source: TableSource,
  { pipelines }: PipelineList,
  table: string | undefined,
): Promise<RunViewed[]> {
  const runIds = chooseLookedAt(pipelines).map(({ lastRun }) => lastRun.runId)
  const views = await viewRuns(source, [...new Set(runIds)], { table })
  return views.filter((view) => view.available)
}

function chooseLookedAt(pipelines: readonly PipelineState[]): readonly PipelineState[] {
  const isFine = ({ state }: PipelineState) => state === 'succeeded'
  const urgent = pipelines.filter((state) => !isFine(state)).slice(0, MAX_RUN_PAGES)
  const fine = pipelines.filter(isFine).slice(0, Math.min(MAX_FINE_RUN_PAGES, MAX_RUN_PAGES - urgent.length))
  return [...urgent, ...fine]
}

/** Compares runs that failed, or that differ, with the last good run before them. */
export async function readComparisons(
  source: TableSource,
  views: readonly RunViewed[],
  table: string | undefined,
): Promise<RunsCompared[]> {
  const comparisons: RunsCompared[] = []
  for (const { run, lastGoodRun, differences, steps } of views) {
    if (!lastGoodRun || differences.length === 0 || steps.length > MAX_COMPARED_STEPS) continue
    if (comparisons.length >= MAX_COMPARISONS) break
    const compared = await compareRuns(source, lastGoodRun.runId, run.runId, { table })
    if (compared.available) comparisons.push(compared)
  }
  return comparisons
}
