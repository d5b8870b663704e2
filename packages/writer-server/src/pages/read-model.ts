import {
  listPipelines,
  type PipelineState,
  type RowChoice,
  type RunGrid,
  readFailures,
  readRunGrid,
} from '@forge/writer-analytics'
import { eq } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import {
  GRID_RUNS,
  type PipelinePage,
  type ReportAbout,
  type ReportModel,
  type RunPageView,
  readAbout,
  readOverview,
  readPipelinePages,
  readRunDetails,
  redactErrors,
} from '@forge/writer-report/pages'
import { choiceOf, periodOf } from '../api/questions.ts'
import type { ServerContext } from '../context/server-context.ts'
import { ProblemError } from '../http/problem.ts'
import type { Snapshot } from '../live/snapshot.ts'
import type { PageFilters } from './filters.ts'

/** The number of steps of the grid from which a page takes its medians and steps. */
export const GRID_STEPS = 200
/** The number of days that pages without filters look back. */
const PERIOD_DAYS = 30

export type DetailRequest = Omit<ModelRequest, 'filters'>

/** The subject of the figures of a page. */
export interface ModelRequest {
  readonly context: ServerContext
  readonly snapshot: Snapshot
  readonly filters: PageFilters
}

/** Reads the model that all pages show, limited to the filters. */
export function readModel(request: ModelRequest): Promise<ReportModel> {
  return readLimited(request, choiceOf(request.filters))
}

/** Reads the model of the pages of one pipeline. Throws ProblemError if the log does not have it. */
export async function readPipelineModel(
  request: ModelRequest,
  pipeline: string,
): Promise<{ readonly model: ReportModel; readonly state: PipelineState }> {
  const model = await readLimited(request, { where: eq('pipeline_id', pipeline) })
  const state = model.pipelines.pipelines.find((each) => each.pipeline === pipeline)
  if (state) return { model: { ...model, pipelinePages: await pipelinePages(request, state) }, state }
  throw unknownPipeline(pipeline)
}

function unknownPipeline(pipeline: string): ProblemError {
  return new ProblemError('NOT_FOUND', `The log has no pipeline ${pipeline}.`, {
    context: { pipeline },
    suggestions: ['Look for it in the list of pipelines.'],
  })
}

/** Reads the grid, the calendar and the expectations of a pipeline. */
function pipelinePages({ context: { options, expectations }, snapshot }: DetailRequest, state: PipelineState) {
  return snapshot.part(`pipeline ${JSON.stringify(state.pipeline)}`, async () => {
    const { timeZone, now } = options
    const pages = await readPipelinePages(await snapshot.source(), [state], {
      choice: {},
      runs: GRID_RUNS,
      timeZone,
      now: now(),
      table: undefined,
      kept: expectations,
    })
    return options.redactErrors ? redactErrors(pages) : pages
  })
}

/** Reads the facts about the table, for pages that show no other parts of the model. */
function readDetails({ context: { options }, snapshot }: DetailRequest): Promise<ReportAbout> {
  return snapshot.part('about', async () => {
    const { now, timeZone, redactErrors: isRedacted } = options
    const at = now()
    const period = { from: new Date(at.getTime() - PERIOD_DAYS * DAY_MS).toISOString(), to: at.toISOString() }
    const about = await readAbout(await snapshot.source(), { at, period, runs: GRID_RUNS, scope: null, timeZone })
    return { ...about, isRedacted }
  })
}

/** What the page of a step shows: its pipeline, and why steps of it failed. */
export async function readStepModel(
  request: DetailRequest,
  pipeline: string,
): Promise<{ readonly page: PipelinePage; readonly view: Pick<ReportModel, 'about' | 'failures'> }> {
  const { context, snapshot } = request
  const { options } = context
  const about = await readDetails(request)
  const key = JSON.stringify(pipeline)
  const state = await snapshot.part(`state ${key}`, async () => {
    const { levels, now } = options
    const where = eq('pipeline_id', pipeline)
    return (await listPipelines(await snapshot.source(), { where, levels, now })).pipelines[0]
  })
  const [page] = state ? await pipelinePages(request, state) : []
  if (!page) throw unknownPipeline(pipeline)
  const failures = await snapshot.part(`failures ${key}`, async () => {
    const { now, timeZone } = options
    const where = eq('pipeline_id', pipeline)
    const report = await readFailures(await snapshot.source(), { where, days: PERIOD_DAYS, now, timeZone })
    return options.redactErrors ? redactErrors(report) : report
  })
  return { page, view: { about, failures } }
}

/** What the page of a run shows next to the run itself. */
export async function readRunModel(
  request: DetailRequest,
  { pipeline, runId }: { readonly pipeline: string; readonly runId: string },
): Promise<{ readonly grid: RunGrid; readonly view: RunPageView['model'] }> {
  const { snapshot, context } = request
  const source = await snapshot.source()
  const model = {
    about: await readDetails(request),
    ...(await readRunDetails(source, { pipeline, runId })),
  }
  const grid = await snapshot.part(`grid ${JSON.stringify(pipeline)}`, () =>
    readRunGrid(source, { pipeline, runs: GRID_RUNS, steps: GRID_STEPS }),
  )
  return { grid, view: context.options.redactErrors ? redactErrors(model) : model }
}

function readLimited({ context, snapshot, filters }: ModelRequest, choice: RowChoice): Promise<ReportModel> {
  const { days, from, to } = filters
  return snapshot.part(`model ${JSON.stringify([choice, days, from, to])}`, async () => {
    const { title, levels, timeZone, now, redactErrors: redacts } = context.options
    const model = await readOverview(await snapshot.source(), {
      ...choice,
      ...periodOf({ days, from, to }, now),
      title,
      levels,
      timeZone,
      running: snapshot.state.running,
    })
    const about = { ...model.about, isRedacted: redacts }
    return redacts ? redactErrors({ ...model, about }) : { ...model, about }
  })
}
