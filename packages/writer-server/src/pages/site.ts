import { listRuns, PIPELINE_CONDITIONS, RUN_OUTCOMES, readRunGrid } from '@forge/writer-analytics'
import {
  aboutPage,
  comparePage,
  failuresPage,
  hasWords,
  html,
  type LivePages,
  pipelinePage,
  qualityPage,
  type ReportModel,
  redactErrors,
  runPage,
  serviceLevelsPage,
  stepPage,
  todayPage,
  type View,
} from '@forge/writer-report/pages'
import { compareWantedRuns } from '../api/compare.ts'
import { readWantedRun } from '../api/find-run.ts'
import { choiceOf, periodOf } from '../api/questions.ts'
import type { ServerContext } from '../context/server-context.ts'
import { ProblemError } from '../http/problem.ts'
import type { Snapshot } from '../live/snapshot.ts'
import type { Page } from './document.ts'
import { type Chip, filterBar } from './filter-bar.ts'
import { filterQuery, type PageFilters } from './filters.ts'
import { readModel, readPipelineModel } from './read-model.ts'
import { runsPage } from './runs.ts'

/** The request for a page. */
export interface PageRequest {
  readonly context: ServerContext
  readonly snapshot: Snapshot
  readonly filters: PageFilters
  readonly query: URLSearchParams
  /** The names in the path. */
  readonly names: readonly string[]
}

/** A page, and the number of pipelines that failed if it knows. */
export interface BuiltPage extends Page {
  readonly failed: number | null
}

/** One kind of page: the first segment of its path, the number of names that follow it, and how it is made. */
export interface PageKind {
  readonly path: string
  readonly names: number
  build(request: PageRequest): Promise<BuiltPage>
}

const GRID_STEPS = 200

/** Every page of the server: those of a report, lists of runs, and comparisons. */
export const PAGES: readonly PageKind[] = [
  { path: '/', names: 0, build: ofModel('Today', '/', todayPage, ['q', 'state']) },
  { path: '/failures', names: 0, build: ofModel('Failures', '/failures', failuresPage) },
  { path: '/quality', names: 0, build: ofModel('Quality', '/quality', qualityPage) },
  { path: '/sla', names: 0, build: ofModel('Service levels', '/sla', serviceLevelsPage) },
  { path: '/about', names: 0, build: ofModel('About', '/about', (view) => aboutPage(view, { leftOut: 0 })) },
  { path: '/runs', names: 0, build: buildRuns },
  { path: '/p', names: 1, build: buildPipeline },
  { path: '/s', names: 3, build: buildStep },
  { path: '/r', names: 1, build: buildRun },
  { path: '/compare', names: 0, build: buildComparison },
]

/** Returns how a page of the whole log is made. `own` are the filters that the page itself applies. */
function ofModel(
  title: string,
  path: string,
  render: (view: View) => Page['content'],
  own: readonly ('q' | 'state')[] = [],
) {
  return async (request: PageRequest): Promise<BuiltPage> => {
    const { context, filters, query } = request
    const model = await readModel(request)
    const isFiltered = own.length > 0
    const bar = filterBar({
      path: context.addresses.page(path),
      query: filterQuery(query),
      chips: isFiltered ? { name: 'state', words: chipsOf(model, filters.state) } : undefined,
      hasText: isFiltered,
      placeholder: 'Search names, owner:ana, tag:nightly',
      defaultPeriod: 'last 30 days',
    })
    const live: LivePages = {
      filterBar: bar,
      isShown: (row) =>
        (filters.q === undefined || hasWords(row, filters.q)) &&
        (filters.state === undefined || filters.state.some((state) => state === row.state)),
      withoutFilters: context.addresses.page(path),
    }
    const content = render(viewOf(context, model, live))
    return { title, section: path, content, scope: model.about.scope, failed: failedIn(model) }
  }
}

function viewOf({ clock, addresses }: ServerContext, model: ReportModel, live = NO_FILTERS): View {
  return { model, clock, links: addresses.links, live }
}

/** The pages of one pipeline, run or step have no filters. */
const NO_FILTERS: LivePages = { filterBar: html``, isShown: () => true, withoutFilters: '' }

/** Returns the states that pipelines are in, and those that the address asks for, so that they can be turned off. */
function chipsOf({ pipelines }: ReportModel, chosen: readonly string[] = []): Chip[] {
  return PIPELINE_CONDITIONS.map((word) => ({
    word,
    count: pipelines.pipelines.filter(({ state }) => state === word).length,
  })).filter(({ word, count }) => count > 0 || chosen.includes(word))
}

function failedIn({ pipelines }: ReportModel): number {
  return pipelines.pipelines.filter(({ state }) => state === 'failed').length
}

async function buildRuns({ context, snapshot, filters, query }: PageRequest): Promise<BuiltPage> {
  const { options, addresses, clock } = context
  const source = await snapshot.source()
  const { outcome, mode, q, after, ...asked } = filters
  const hasPeriod = (asked.days ?? asked.from ?? asked.to) !== undefined
  const list = await listRuns(source, {
    ...choiceOf(asked),
    ...(hasPeriod ? periodOf(asked, options.now) : {}),
    outcomes: outcome,
    mode,
    text: q,
    after,
  })
  const own = filterQuery(query)
  const bar = filterBar({
    path: addresses.page('/runs'),
    query: own,
    chips: { name: 'outcome', words: RUN_OUTCOMES.map((word) => ({ word })) },
    hasText: true,
    placeholder: 'Search ids, steps and error messages',
    defaultPeriod: 'all time',
  })
  if (after !== undefined) own.set('after', after)
  const shown = options.redactErrors ? redactErrors(list) : list
  const content = runsPage(shown, { addresses, clock, filterBar: bar, query: own })
  return { title: 'Runs', section: '/runs', content, failed: null }
}

async function buildPipeline(request: PageRequest): Promise<BuiltPage> {
  const {
    context,
    names: [pipeline = ''],
  } = request
  const { model, state } = await readPipelineModel(request, pipeline)
  const [page] = model.pipelinePages
  if (!page) throw new ProblemError('NOT_FOUND', `Pipeline ${pipeline} has no runs.`)
  const content = pipelinePage(page, viewOf(context, model))
  return { title: pipeline, section: null, content, failed: state.state === 'failed' ? 1 : 0 }
}

async function buildStep(request: PageRequest): Promise<BuiltPage> {
  const {
    context,
    snapshot,
    names: [pipeline = '', phase = '', step = ''],
  } = request
  const { model } = await readPipelineModel(request, pipeline)
  const [page] = model.pipelinePages
  if (!page) throw new ProblemError('NOT_FOUND', `Pipeline ${pipeline} has no runs.`)
  const grid = await readRunGrid(await snapshot.source(), { pipeline, runs: 50, steps: GRID_STEPS })
  const row = grid.steps.find((each) => each.phase === phase && each.step === step)
  if (!row) {
    throw new ProblemError('NOT_FOUND', `The last 50 runs of ${pipeline} have no step ${phase}/${step}.`, {
      context: { pipeline, phase, step, otherSteps: grid.otherSteps },
    })
  }
  const content = stepPage({ ...page, grid }, row, viewOf(context, model))
  return { title: `${phase}/${step}`, section: null, content, failed: null }
}

async function buildRun(request: PageRequest): Promise<BuiltPage> {
  const {
    context,
    snapshot,
    names: [runId = ''],
  } = request
  const { options } = context
  const read = await readWantedRun(await snapshot.source(), runId)
  const viewed = options.redactErrors ? redactErrors(read) : read
  const { model } = await readPipelineModel(request, viewed.run.pipeline)
  const content = runPage(viewed, viewOf(context, model))
  return { title: `Run ${viewed.run.runId}`, section: null, content, failed: null }
}

async function buildComparison(request: PageRequest): Promise<BuiltPage> {
  const { context, snapshot, query } = request
  const { options } = context
  const source = await snapshot.source()
  const [a, b] = [query.get('a'), query.get('b')]
  if (!a || !b) {
    throw new ProblemError('BAD_REQUEST', 'The address names two runs: /compare?a=RUN&b=RUN.', {
      suggestions: ['Open a run, and follow the link that compares it with the last good one.'],
    })
  }
  const compared = await compareWantedRuns(source, a, b)
  const comparison = options.redactErrors ? redactErrors(compared) : compared
  const { model } = await readPipelineModel(request, compared.b.pipeline)
  const content = comparePage(comparison, comparison.differences, viewOf(context, model))
  return { title: `${compared.b.runId} compared`, section: null, content, failed: null }
}
