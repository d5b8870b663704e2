import {
  analyzeQualityTrends,
  checkServiceLevels,
  findRun,
  generateSummaryReport,
  listPipelines,
  listRuns,
  type PipelineList,
  type PipelineState,
  type RowChoice,
  type RunViewed,
  readRunGrids,
  viewRun,
} from '@forge/writer-analytics'
import { eq, type ServiceLevelSettings, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { VERSION } from '../version.ts'
import { readFindings } from './read-findings.ts'
import { redactModel } from './redact.ts'
import type { PipelinePage, ReportModel, ReportTimeline } from './report-model.ts'

export interface ReportOptions extends RowChoice {
  /** The last days that failures, quality and service levels are of, this moment included. Default 30. */
  readonly days?: number | undefined
  /** Only this run, with the pages of its pipeline; the beginning of its id is enough. */
  readonly run?: string | undefined
  /** The title. Default `Pipelines`. */
  readonly title?: string | undefined
  /** True to leave out error messages, for a report that others may read. Default false. */
  readonly redactErrors?: boolean | undefined
  /** The service levels. Default: the setting `serviceLevels`. */
  readonly levels?: readonly ServiceLevelSettings[] | undefined
  /** The time zone of all times; a name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** The command that makes the report again, to be shown in it. */
  readonly command?: string | undefined
  /** The clock. */
  readonly now?: (() => Date) | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

const DAY_MS = 86_400_000
/** Pages are for the pipelines that need a look first: a file that nobody can open helps nobody. */
const MAX_PIPELINE_PAGES = 24
const MAX_RUN_PAGES = 12
/** Runs of pipelines that are fine are looked at less often. */
const MAX_FINE_RUN_PAGES = 6
const MAX_PIPELINES = 500
const MAX_TIMELINE_RUNS = 400
const GRID_RUNS = 30
const GRID_STEPS = 40

/**
 * Computes the model of a report: aggregates of the log, whose number does not grow with it. Throws WriterConfigurationError for wrong options and for a run that is not
 * in the log.
 */
export async function buildReport(source: TableSource, options: ReportOptions = {}): Promise<ReportModel> {
  const {
    days = 30,
    now = () => new Date(),
    timeZone = 'UTC',
    title = 'Pipelines',
    table,
    redactErrors = false,
  } = options
  if (!(days > 0)) throw new WriterConfigurationError('buildReport: days must be a number above 0')
  const at = now()
  const run =
    options.run === undefined
      ? undefined
      : await viewedRun(source, await findRun(source, options.run, { table }), table)
  const choice = choiceOf(options, run)
  const common = { ...choice, days, now: () => at, table }
  const level = options.levels ? { levels: options.levels } : {}
  const pipelines = await listPipelines(source, {
    ...choice,
    ...level,
    runs: GRID_RUNS,
    limit: MAX_PIPELINES,
    now: () => at,
    table,
  })
  const shown = pipelines.pipelines.slice(0, MAX_PIPELINE_PAGES)
  const info = await (await source.table({ table })).info()
  const summary = await generateSummaryReport(source, {
    ...common,
    by: ['pipeline', 'phase'],
    top: 50,
    limit: MAX_PIPELINES,
  })
  const model: ReportModel = {
    title,
    about: {
      generatedAt: at.toISOString(),
      version: VERSION,
      tableFqn: pipelines.tableFqn,
      location: info.location,
      rows: info.exists ? info.rowCount : 0,
      sizeBytes: info.exists ? info.sizeBytes : 0,
      tableVersion: info.version,
      period: summary.period,
      scope: scopeOf(options, run),
      timeZone,
      isRedacted: redactErrors,
      command: options.command ?? null,
      otherPipelinePages: pipelines.pipelines.length - shown.length,
    },
    summary,
    pipelines,
    timeline: await readTimeline(source, { ...choice, table }, at),
    pipelinePages: await readPipelinePages(source, shown, table),
    runPages: run ? [run] : await readRunPages(source, pipelines, table),
    failures: summary.failures,
    findings: await readFindings(source, {
      pipelines: pipelines.pipelines.map(({ pipeline }) => pipeline),
      from: summary.period.from,
    }),
    quality: await analyzeQualityTrends(source, { ...common, timeZone, forecastBuckets: 0 }),
    serviceLevels: await checkServiceLevels(source, { ...common, ...level }),
  }
  return redactErrors ? redactModel(model) : model
}

function choiceOf({ pipeline, owner, tags, where }: ReportOptions, run: RunViewed | undefined): RowChoice {
  if (!run) return { pipeline, owner, tags, where }
  return { where: eq('pipeline_id', run.run.pipeline) }
}

function scopeOf({ pipeline, owner, tags = [] }: ReportOptions, run: RunViewed | undefined): string | null {
  if (run) return `run ${run.run.runId}`
  const parts = [
    ...(pipeline === undefined ? [] : [`pipeline ${pipeline}`]),
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...tags.map((tag) => `tag ${tag}`),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

async function viewedRun(source: TableSource, runId: string, table: string | undefined): Promise<RunViewed> {
  const view = await viewRun(source, runId, { table })
  if (view.available) return view
  throw new WriterConfigurationError(view.reason, { context: { run: runId } })
}

type Choice = RowChoice & { readonly table: string | undefined }

async function readTimeline(source: TableSource, choice: Choice, at: Date): Promise<ReportTimeline> {
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

async function readPipelinePages(
  source: TableSource,
  states: readonly PipelineState[],
  table: string | undefined,
): Promise<PipelinePage[]> {
  const pipelines = states.map(({ pipeline }) => pipeline)
  const grids = await readRunGrids(source, { pipelines, runs: GRID_RUNS, steps: GRID_STEPS, table })
  return states.flatMap((state, at): PipelinePage[] => {
    const grid = grids[at]
    return grid ? [{ state, grid }] : []
  })
}

/** Reads the last run of each pipeline: failed ones first, as the pipelines are ordered. */
async function readRunPages(
  source: TableSource,
  { pipelines }: PipelineList,
  table: string | undefined,
): Promise<RunViewed[]> {
  const pages: RunViewed[] = []
  for (const { lastRun } of chooseLookedAt(pipelines)) {
    const view = await viewRun(source, lastRun.runId, { table })
    if (view.available) pages.push(view)
  }
  return pages
}

function chooseLookedAt(pipelines: readonly PipelineState[]): readonly PipelineState[] {
  const isFine = ({ state }: PipelineState) => state === 'succeeded'
  const urgent = pipelines.filter((state) => !isFine(state)).slice(0, MAX_RUN_PAGES)
  const fine = pipelines.filter(isFine).slice(0, Math.min(MAX_FINE_RUN_PAGES, MAX_RUN_PAGES - urgent.length))
  return [...urgent, ...fine]
}
