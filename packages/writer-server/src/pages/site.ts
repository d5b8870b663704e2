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
import { GRID_STEPS, readModel, readPipelineModel, readRunModel, readStepModel } from './read-model.ts'
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

/** Every page of the server: those of a report, lists of runs, and comparisons. */
export const PAGES: readonly PageKind[] = [
  { path: '/', names: 0, build: ofModel('Today', '/', todayPage, ['q', 'state']) },
  { path: '/failures', names: 0, build: ofModel('Failures', '/failures', failuresPage, ['q']) },
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
    const hasStates = own.includes('state')
    const bar = filterBar({
      path: context.addresses.page(path),
      query: filterQuery(query),
      chips: hasStates ? { name: 'state', words: chipsOf(model, filters.state) } : undefined,
      hasText: own.includes('q'),
      placeholder: hasStates ? 'Search names, owner:ana, tag:nightly' : 'Search messages, pipelines and steps',
      defaultPeriod: 'last 30 days',
    })
    const live: LivePages = {
      filterBar: bar,
      isShown: (row) =>
        (filters.q === undefined || hasWords(row, filters.q)) &&
        (!hasStates || filters.state === undefined || filters.state.some((state) => state === row.state)),
      withoutFilters: context.addresses.page(path),
    }
    const content = render({ ...viewOf(context, model), live })
    return { title, section: path, content, scope: model.about.scope, failed: failedIn(model) }
  }
}

function viewOf<Model>({ clock, addresses }: ServerContext, model: Model) {
  return { model, clock, links: addresses.links }
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
  const content = runsPage(shown, { addresses, clock, filterBar: bar, query: own, now: options.now().toISOString() })
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
  const content = pipelinePage(page, { ...viewOf(context, model), live: NO_FILTERS })
  return { title: pipeline, section: null, content, failed: state.state === 'failed' ? 1 : 0 }
}

async function buildStep(request: PageRequest): Promise<BuiltPage> {
  const {
    context,
    snapshot,
    names: [pipeline = '', phase = '', step = ''],
  } = request
  const { page, view } = await readStepModel(request, pipeline)
  const grid = await readRunGrid(await snapshot.source(), { pipeline, runs: 50, steps: GRID_STEPS })
  const row = grid.steps.find((each) => each.phase === phase && each.step === step)
  if (!row) {
    throw new ProblemError('NOT_FOUND', `The last 50 runs of ${pipeline} have no step ${phase}/${step}.`, {
      context: { pipeline, phase, step, otherSteps: grid.otherSteps },
    })
  }
  const content = stepPage({ ...page, grid }, row, viewOf(context, view))
  return { title: `${phase}/${step}`, section: null, content, failed: null }
}

async function buildRun(request: PageRequest): Promise<BuiltPage> {
  const {
    context,
    snapshot,
    names: [given = ''],
  } = request
  const read = await readWantedRun(await snapshot.source(), given)
  const viewed = context.options.redactErrors ? redactErrors(read) : read
  const { runId } = viewed.run
  const { grid, view } = await readRunModel(request, viewed.run)
  const content = runPage(viewed, viewOf(context, view), grid)
  return { title: `Run ${runId}`, section: null, content, failed: null }
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
  const content = comparePage(comparison, comparison.differences, viewOf(context, {}))
  return { title: `${compared.b.runId} compared`, section: null, content, failed: null }
}
