import {
  analyzeQualityTrends,
  checkServiceLevels,
  dueTimesOf,
  listPipelines,
  type PeriodText,
  type PipelineList,
  type RowChoice,
  readFailures,
  readRunDays,
  type ServiceLevelReport,
} from '@forge/writer-analytics'
import type { ServiceLevelSettings, TableSource } from '@forge/writer-core'
import { assertOptions, DAY_MS, type OptionChecks, option } from '@forge/writer-core/storage'
import { readVerdicts } from '@forge/writer-quality'
import { readAbout } from './read-about.ts'
import { readFindings } from './read-findings.ts'
import { readTimeline } from './read-pages.ts'
import type { DueMark, ReportModel, ReportTimeline, RunningWork } from './report-model.ts'
import { chooseRunning } from './running.ts'

export interface OverviewOptions extends RowChoice {
  /** The number of last days, up to now, for failures, quality and service levels. Default 30. Cannot be combined with `from`. */
  readonly days?: number | undefined
  /** The start of the period, inclusive, instead of `days`. */
  readonly from?: Date | undefined
  /** The end of the period, exclusive. Default: now. */
  readonly to?: Date | undefined
  /** The maximum number of runs in strips and grids, 1-90. Default 30. */
  readonly runs?: number | undefined
  /** The title. Default `Pipelines`. */
  readonly title?: string | undefined
  /** The service levels. Default: the setting `serviceLevels`. */
  readonly levels?: readonly ServiceLevelSettings[] | undefined
  /** The runs that are running now, as `listRunning` of `@forge/writer-record` returns them: the log only has runs that have ended. Default: none. */
  readonly running?: readonly RunningWork[] | undefined
  /** The time zone of all times; a name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** The limits of the rows as text; null for everything. Default: the pipeline, the owner and the tags. */
  readonly scope?: string | null | undefined
  /** The clock. */
  readonly now?: (() => Date) | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

/** The checks of {@link OverviewOptions}. */
export const OVERVIEW_CHECKS: OptionChecks<OverviewOptions> = {
  pipeline: option.string,
  owner: option.string,
  tags: option.list(option.string),
  where: option.object,
  days: option.number({ above: 0 }),
  from: option.date,
  to: option.date,
  runs: option.whole({ min: 1, max: 90 }),
  title: option.string,
  levels: option.list(option.object),
  running: option.list(option.object),
  timeZone: option.text,
  scope: (scope) => (scope === null ? undefined : option.string(scope)),
  now: option.clock,
  table: option.text,
}

const MAX_PIPELINES = 500
const MAX_DAYS = 92
/** The default numbers of runs of a strip and of a grid. */
export const GRID_RUNS = 30

/**
 * Reads the model that all pages show: aggregates of the log, without the pages of single pipelines and runs. For a source that `shareReading`
 * returned, all figures are of one state of the table. Throws WriterConfigurationError for wrong options.
 */
export async function readOverview(source: TableSource, options: OverviewOptions = {}): Promise<ReportModel> {
  assertOptions('readOverview', options, OVERVIEW_CHECKS)
  const { pipeline, owner, tags, where, from, to, table } = options
  const { now = () => new Date(), timeZone = 'UTC', runs = GRID_RUNS } = options
  const days = options.days ?? (from === undefined ? 30 : undefined)
  const at = now()
  const choice = { pipeline, owner, tags, where }
  const { levels } = options
  const chosen = { ...choice, now: () => at, table }
  const common = { ...chosen, days, from, to }
  const pipelines = await listPipelines(source, { ...chosen, levels, runs, limit: MAX_PIPELINES })
  const names = pipelines.pipelines.map((state) => state.pipeline)
  const failures = await readFailures(source, { ...common, timeZone })
  const { period } = failures
  const scope = options.scope === undefined ? scopeOf(choice) : options.scope
  const timeline = await readTimeline(source, { ...choice, table }, at)
  const serviceLevels = await checkServiceLevels(source, { ...common, levels, running: options.running })
  return {
    title: options.title ?? 'Pipelines',
    about: await readAbout(source, { at, table, period, runs, scope, timeZone }),
    pipelines,
    running: chooseRunning(options.running ?? [], { ...choice, names }),
    timeline: { ...timeline, due: dueMarks(source, timeline, { names, levels, serviceLevels }) },
    pipelinePages: [],
    runPages: [],
    comparisons: [],
    failures,
    days: (await readRunDays(source, { ...common, ...lastDays(period, at), timeZone })).days,
    findings: await readFindings(source, { pipelines: names, from: period.from }),
    quality: await analyzeQualityTrends(source, { ...common, timeZone, forecastBuckets: 0 }),
    verdicts: await readVerdicts(source, {
      from: period.from === null ? undefined : new Date(period.from),
      runIds: scope === null ? undefined : runIdsOf(pipelines),
    }),
    serviceLevels,
  }
}

interface Due {
  readonly names: readonly string[]
  readonly levels: readonly ServiceLevelSettings[] | undefined
  readonly serviceLevels: ServiceLevelReport
}

/** Returns the times at which pipelines were due within a timeline, and whether a run had succeeded by then. */
function dueMarks(
  { config }: TableSource,
  { from, to }: Pick<ReportTimeline, 'from' | 'to'>,
  { names, levels = config.serviceLevels ?? [], serviceLevels }: Due,
): DueMark[] {
  const times = dueTimesOf(levels, names, { from: new Date(from), to: new Date(to) })
  const missed = new Set(
    serviceLevels.objectives.flatMap(({ kind, pipeline, breaches }) =>
      kind === 'dueTime' ? breaches.map(({ at }) => JSON.stringify([pipeline, at])) : [],
    ),
  )
  return times.map(({ pipeline, at }) => ({ pipeline, at, isKept: !missed.has(JSON.stringify([pipeline, at])) }))
}

/** Returns the last days of a period that are shown day by day. */
function lastDays({ from, to }: PeriodText, now: Date) {
  const end = to === null ? new Date(now.getTime() + 1) : new Date(to)
  const start = Math.max(end.getTime() - MAX_DAYS * DAY_MS, from === null ? Number.NEGATIVE_INFINITY : Date.parse(from))
  return { days: undefined, from: new Date(start), to: end }
}

function scopeOf({ pipeline, owner, tags = [], where }: RowChoice): string | null {
  const parts = [
    ...(pipeline === undefined ? [] : [`pipeline ${pipeline}`]),
    ...(owner === undefined ? [] : [`owner ${owner}`]),
    ...tags.map((tag) => `tag ${tag}`),
    ...(where === undefined ? [] : ['some rows']),
  ]
  return parts.length === 0 ? null : parts.join(', ')
}

function runIdsOf({ pipelines }: PipelineList): string[] {
  return [...new Set(pipelines.flatMap(({ strip }) => strip.map(({ runId }) => runId)))]
}
