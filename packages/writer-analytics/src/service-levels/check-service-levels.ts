import {
  and,
  type Predicate,
  type ServiceLevelSettings,
  type TableSource,
  type Verdict,
  writerConfig,
} from '@forge/writer-core'
import { assertOptions, DAY_MS, option } from '@forge/writer-core/storage'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import {
  PERIOD_CHECKS,
  type Period,
  type PeriodOptions,
  type PeriodText,
  periodOf,
  periodText,
} from '../reading/period.ts'
import { firstFit, isGlob } from '../reading/pipeline-pattern.ts'
import { CHOICE_CHECKS, chosenRows, pipelinesOf, type RowChoice } from '../reading/row-choice.ts'
import { runKey } from '../reading/run-keys.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { zoneTime } from '../reading/zone-time.ts'
import { type JudgedRun, judgedRuns } from './judged-runs.ts'
import { type Objective, objectivesOf } from './objectives.ts'
import type { JudgedBounds } from './promised.ts'
import { type RunInProgress, runningByLevel, runningRuns, withRunning } from './running-runs.ts'

export interface ServiceLevelOptions extends PeriodOptions, RowChoice {
  /** The service levels. Default: the setting `serviceLevels`. */
  readonly levels?: readonly ServiceLevelSettings[] | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
  /**
   * The runs that have started and have no end in the log, as `listRunning` of `@forge/writer-record` returns them. Those that still run count for
   * start times, runs per hour and overlap, and violate the maximum duration as soon as they exceed it. Default: none.
   */
  readonly running?: readonly RunInProgress[] | undefined
  /** The maximum number of breaches of each objective. Default 5. */
  readonly maxBreaches?: number | undefined
}

const SHOWN_BREACHES = 5

export interface ServiceLevelReport {
  readonly available: boolean
  /** The reason why nothing was judged. */
  readonly reason?: string | undefined
  readonly tableFqn: string
  readonly period: PeriodText
  /** The verdict: `passed` if all objectives were judged and met; `notJudged` if one of them could not be judged. */
  readonly verdict: Verdict
  /** True if no objective is violated, also if nothing was judged. */
  readonly isKept: boolean
  /** The objectives in the order of the levels, by pipeline. They include pipelines that match a glob and have no run in the period. */
  readonly objectives: readonly Objective[]
  /** The number of runs with a stored duration that is NaN or infinite: their durations are taken from their times, or are not judged. */
  readonly nonFiniteRuns: number
  /** The globs of levels that match no pipeline of the log. */
  readonly unmatched: readonly string[]
}

/** The first of all dates. */
const FIRST_MS = -8.64e15

/**
 * Checks the runs of a period against the service levels of their pipelines. Throws WriterConfigurationError for invalid levels,
 * WriterPerformanceError for more than 100,000 runs.
 */
export async function checkServiceLevels(
  source: TableSource,
  options: ServiceLevelOptions = {},
): Promise<ServiceLevelReport> {
  assertOptions('checkServiceLevels', options, {
    ...PERIOD_CHECKS,
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    levels: option.list(option.object),
    running: option.list(option.object),
    maxBreaches: option.whole({ min: 0 }),
  })
  const levels = checkedLevels(options.levels ?? source.config.serviceLevels ?? [])
  const { maxBreaches = SHOWN_BREACHES } = options
  const period = periodOf(options)
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, period: periodText(period) }
  const nothing = { verdict: 'notJudged', isKept: true, objectives: [], nonFiniteRuns: 0, unmatched: [] } as const
  const emptyReport = (reason: string) => ({ available: false, reason, ...about, ...nothing })
  if (levels.length === 0) return emptyReport('no service levels are declared')
  if (!reading.exists) return emptyReport('the table does not exist')
  // The first due time of the period looks at the runs of the day before it.
  const read = { from: period.from && new Date(Math.max(FIRST_MS, period.from.getTime() - DAY_MS)), to: period.to }
  const { each } = firstFit(levels.map(({ pipeline }) => pipeline))
  const chosen = await chosenRows(reading, options)
  const running = await chosenRunning(reading, chosen, read, options)
  const runningOf = runningByLevel(
    running,
    levels.map(({ pipeline }) => pipeline),
  )
  const objectives: Objective[] = []
  const unmatched: string[] = []
  const nonFinite = new Set<string>()
  for (const [at, level] of levels.entries()) {
    const ended = await judgedRuns(reading, and(reading.within(read), chosen, ...(each[at] ? [each[at]] : [])))
    const runs = withRunning(ended, runningOf[at] ?? [])
    const named = isGlob(level.pipeline)
      ? await pipelinesOf(reading, and(chosen, ...(each[at] ? [each[at]] : [])))
      : [level.pipeline]
    for (const run of runs) if (run.hasNonFinite) nonFinite.add(runKey(run))
    if (named.length === 0 && runs.length === 0) unmatched.push(level.pipeline)
    for (const [pipeline, own] of byPipeline(runs, named)) {
      objectives.push(...objectivesOf(pipeline, own, level, { ...periodFor(period, own, options), maxBreaches }))
    }
  }
  const isKept = objectives.every((objective) => objective.isKept)
  return {
    available: true,
    ...about,
    verdict: verdictOf(objectives, unmatched),
    isKept,
    objectives,
    nonFiniteRuns: nonFinite.size,
    unmatched,
  }
}

/** Returns the running runs of a period, of those pipelines that the rows to check belong to. */
async function chosenRunning(
  reading: LogReading,
  chosen: Predicate,
  period: Period,
  { running = [], pipeline, owner, tags = [], where, now = () => new Date() }: ServiceLevelOptions,
): Promise<readonly JudgedRun[]> {
  const runs = runningRuns(running, { ...period, now: now() })
  if (runs.length === 0) return runs
  const isOfRows = owner !== undefined || tags.length > 0 || where !== undefined
  if (isOfRows) {
    const pipelines = new Set(await pipelinesOf(reading, chosen))
    return runs.filter((run) => pipelines.has(run.pipeline))
  }
  return pipeline === undefined ? runs : (runningByLevel(runs, [pipeline])[0] ?? [])
}

function checkedLevels(levels: readonly ServiceLevelSettings[]): readonly ServiceLevelSettings[] {
  const { serviceLevels = [] } = writerConfig({ tableSchema: 'any', tableName: 'any', serviceLevels: levels })
  for (const { timeZone = 'UTC' } of serviceLevels) zoneTime(timeZone)
  return serviceLevels
}

function verdictOf(objectives: readonly Objective[], unmatched: readonly string[]): Verdict {
  if (objectives.some(({ verdict }) => verdict === 'failed')) return 'failed'
  const isWhole = unmatched.length === 0 && objectives.every(({ verdict }) => verdict === 'passed')
  return isWhole && objectives.length > 0 ? 'passed' : 'notJudged'
}

/** Groups runs by pipeline. A named pipeline has objectives even if it did not run. */
function byPipeline(runs: readonly JudgedRun[], named: readonly string[]): Map<string, JudgedRun[]> {
  const found = new Map<string, JudgedRun[]>(named.map((pipeline) => [pipeline, []]))
  for (const run of runs) {
    const own = found.get(run.pipeline) ?? []
    own.push(run)
    found.set(run.pipeline, own)
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Returns the bounds of a pipeline. A period without a start begins with the first run. Due times after now cannot be judged yet. */
function periodFor(
  { from, to }: Period,
  runs: readonly JudgedRun[],
  { now = () => new Date() }: PeriodOptions,
): JudgedBounds {
  const nowMs = now().getTime() + 1
  const first = runs[0] ? Date.parse(runs[0].startedAt) : nowMs
  return { fromMs: from?.getTime() ?? first, toMs: Math.min(to?.getTime() ?? nowMs, nowMs) }
}
