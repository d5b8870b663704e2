import type { PipelineState, RowChoice } from '@forge/writer-analytics'
import { eq } from '@forge/writer-core'
import { GRID_RUNS, type ReportModel, readOverview, readPipelinePages, redactErrors } from '@forge/writer-report/pages'
import { choiceOf, periodOf } from '../api/questions.ts'
import type { ServerContext } from '../context/server-context.ts'
import { ProblemError } from '../http/problem.ts'
import type { Snapshot } from '../live/snapshot.ts'
import type { PageFilters } from './filters.ts'

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
  throw new ProblemError('NOT_FOUND', `The log has no pipeline ${pipeline}.`, {
    context: { pipeline },
    suggestions: ['Look for it in the list of pipelines.'],
  })
}

function pipelinePages({ context: { options }, snapshot }: ModelRequest, state: PipelineState) {
  return snapshot.part(`pipeline ${JSON.stringify(state.pipeline)}`, async () => {
    const { timeZone, now } = options
    const pages = await readPipelinePages(await snapshot.source(), [state], {
      choice: {},
      runs: GRID_RUNS,
      timeZone,
      now: now(),
      table: undefined,
    })
    return options.redactErrors ? redactErrors(pages) : pages
  })
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
