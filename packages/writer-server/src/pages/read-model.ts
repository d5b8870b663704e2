import type { PipelineState, RowChoice } from '@forge/writer-analytics'
import { eq } from '@forge/writer-core'
import { GRID_RUNS, type ReportModel, readOverview, readPipelinePages, redactErrors } from '@forge/writer-report/pages'
import { choiceOf, periodOf } from '../api/questions.ts'
import type { ServerContext } from '../context/server-context.ts'
import { ProblemError } from '../http/problem.ts'
import type { PageFilters } from './filters.ts'

/** Reads what all pages show, limited to the filters. */
export async function readModel(context: ServerContext, filters: PageFilters): Promise<ReportModel> {
  return readLimited(context, filters, choiceOf(filters))
}

/** Reads what the pages of one pipeline show. Throws ProblemError if the log does not know it. */
export async function readPipelineModel(
  context: ServerContext,
  filters: PageFilters,
  pipeline: string,
): Promise<{ readonly model: ReportModel; readonly state: PipelineState }> {
  const model = await readLimited(context, filters, { where: eq('pipeline_id', pipeline) })
  const state = model.pipelines.pipelines.find((each) => each.pipeline === pipeline)
  if (state) return { model: { ...model, pipelinePages: await pipelinePages(context, state) }, state }
  throw new ProblemError('NOT_FOUND', `The log has no pipeline ${pipeline}.`, {
    context: { pipeline },
    suggestions: ['Look for it in the list of pipelines.'],
  })
}

async function pipelinePages({ readSource, options }: ServerContext, state: PipelineState) {
  const { timeZone, now } = options
  const pages = await readPipelinePages(await readSource(), [state], {
    choice: {},
    runs: GRID_RUNS,
    timeZone,
    now: now(),
    table: undefined,
  })
  return options.redactErrors ? redactErrors(pages) : pages
}

async function readLimited(context: ServerContext, filters: PageFilters, choice: RowChoice): Promise<ReportModel> {
  const { options, cache, readSource } = context
  const { days, from, to } = filters
  const question = `model ${JSON.stringify([choice, days, from, to])}`
  const { answer } = await cache.get(question, async () => {
    const { title, levels, timeZone, now, readRunning } = options
    const model = await readOverview(await readSource(), {
      ...choice,
      ...periodOf({ days, from, to }, now),
      title,
      levels,
      timeZone,
      running: await readRunning?.(),
    })
    const about = { ...model.about, isRedacted: options.redactErrors }
    return options.redactErrors ? redactErrors({ ...model, about }) : { ...model, about }
  })
  return answer
}
