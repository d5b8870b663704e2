import {
  analyzeQualityTrends,
  checkServiceLevels,
  findRun,
  listPipelines,
  type RowChoice,
  type RunViewed,
  readFailures,
  readRunDays,
  shareReading,
  viewRun,
} from '@forge/writer-analytics'
import { eq, type ServiceLevelSettings, type TableSource, WriterConfigurationError } from '@forge/writer-core'
import { readVerdicts } from '@forge/writer-quality'
import { readAbout } from './read-about.ts'
import { readFindings } from './read-findings.ts'
import { readComparisons, readPipelinePages, readRunPages, readTimeline } from './read-pages.ts'
import { redactModel } from './redact.ts'
import type { ReportModel, RunningWork } from './report-model.ts'
import { chooseRunning } from './running.ts'

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
  /** What is running now, such as `listRunning` of `@forge/writer-record` returns it: the log knows only what has ended. Default: nothing. */
  readonly running?: readonly RunningWork[] | undefined
  /** The time zone of all times; a name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** The command that makes the report again, to be shown in it. */
  readonly command?: string | undefined
  /** The clock. */
  readonly now?: (() => Date) | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

/** Pages are for the pipelines that need a look first: a file that nobody can open helps nobody. */
const MAX_PIPELINE_PAGES = 24
const MAX_PIPELINES = 500
const GRID_RUNS = 30

/**
 * Computes the model of a report: aggregates of the log, whose number does not grow with it, all of one state of the table if the storage keeps
 * versions. Throws WriterConfigurationError for wrong options and for a run that is not in the log.
 */
export async function buildReport(given: TableSource, options: ReportOptions = {}): Promise<ReportModel> {
  const { days = 30, now = () => new Date(), timeZone = 'UTC', title = 'Pipelines', table } = options
  const { redactErrors = false } = options
  if (!(days > 0)) throw new WriterConfigurationError('buildReport: days must be a number above 0')
  const at = now()
  const source = await shareReading(given, { table })
  const run = await viewedRun(source, options)
  const choice = choiceOf(options, run)
  const common = { ...choice, days, now: () => at, table }
  const level = options.levels ? { levels: options.levels } : {}
  const pipelines = await listPipelines(source, { ...common, ...level, runs: GRID_RUNS, limit: MAX_PIPELINES })
  const names = pipelines.pipelines.map(({ pipeline }) => pipeline)
  const shown = pipelines.pipelines.slice(0, MAX_PIPELINE_PAGES)
  const failures = await readFailures(source, { ...common, timeZone })
  const { from } = failures.period
  const runPages = run ? [run] : await readRunPages(source, pipelines, table)
  const model: ReportModel = {
    title,
    about: {
      ...(await readAbout(source, table)),
      generatedAt: at.toISOString(),
      period: failures.period,
      scope: scopeOf(options, run),
      timeZone,
      isRedacted: redactErrors,
      command: options.command ?? null,
      otherPipelinePages: pipelines.pipelines.length + pipelines.otherPipelines - shown.length,
    },
    pipelines,
    running: chooseRunning(options.running ?? [], { ...choice, names }),
    timeline: await readTimeline(source, { ...choice, table }, at),
    pipelinePages: await readPipelinePages(source, shown, { choice, runs: GRID_RUNS, timeZone, now: at, table }),
    runPages,
    comparisons: await readComparisons(source, runPages, table),
    failures,
    days: (await readRunDays(source, { ...common, timeZone })).days,
    findings: await readFindings(source, { pipelines: names, from }),
    quality: await analyzeQualityTrends(source, { ...common, timeZone, forecastBuckets: 0 }),
    verdicts: await readVerdicts(source, {
      from: from === null ? undefined : new Date(from),
      runIds: scopeOf(options, run) === null ? undefined : runIdsOf(pipelines),
    }),
    serviceLevels: await checkServiceLevels(source, { ...common, ...level }),
  }
  return redactErrors ? redactModel(model) : model
}

function choiceOf({ pipeline, owner, tags, where }: ReportOptions, run: RunViewed | undefined): RowChoice {
  if (!run) return { pipeline, owner, tags, where }
  return { where: eq('pipeline_id', run.run.pipeline) }
}

function scopeOf({ pipeline, owner, tags = [], where }: ReportOptions, run: RunViewed | undefined): string | null {
  if (run) return `run ${run.run.runId}`
  const parts = [
    ...(pipeline === undefined ? [] : [`pipeline ${pipeline}`]),
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...tags.map((tag) => `tag ${tag}`),
    ...(where === undefined ? [] : ['some rows']),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

function runIdsOf({ pipelines }: ReportModel['pipelines']): string[] {
  return [...new Set(pipelines.flatMap(({ strip }) => strip.map(({ runId }) => runId)))]
}

async function viewedRun(source: TableSource, { run, table }: ReportOptions): Promise<RunViewed | undefined> {
  if (run === undefined) return undefined
  const runId = await findRun(source, run, { table })
  const view = await viewRun(source, runId, { table })
  if (view.available) return view
  throw new WriterConfigurationError(view.reason, { context: { run: runId } })
}
