import { and, type ServiceLevelSettings, type TableSource, writerConfig } from '@forge/writer-core'
import { openReading } from '../reading/log-reading.ts'
import { type Period, type PeriodOptions, type PeriodText, periodOf, periodText } from '../reading/period.ts'
import { firstFit, isGlob } from '../reading/pipeline-pattern.ts'
import { zoneTime } from '../reading/zone-time.ts'
import { type JudgedRun, judgedRuns } from './judged-runs.ts'
import { type JudgedBounds, type Objective, objectivesOf } from './objectives.ts'

export interface ServiceLevelOptions extends PeriodOptions {
  /** What is promised. Default: the setting `serviceLevels`. */
  readonly levels?: readonly ServiceLevelSettings[]
  /** Another table of the same schema. */
  readonly table?: string
}

export interface ServiceLevelReport {
  readonly available: boolean
  /** Why nothing was judged. */
  readonly reason?: string
  readonly tableFqn: string
  readonly period: PeriodText
  /** Whether every objective is. */
  readonly isKept: boolean
  /** In the order of the levels, by pipeline. */
  readonly objectives: readonly Objective[]
}

const DAY_MS = 86_400_000
/** Of all dates. */
const FIRST_MS = -8.64e15

/**
 * Judges the runs of a period by what is promised of their pipelines.
 * Throws WriterConfigurationError for wrong levels, WriterPerformanceError for more than 100,000 runs.
 */
export async function checkServiceLevels(
  source: TableSource,
  options: ServiceLevelOptions = {},
): Promise<ServiceLevelReport> {
  const levels = checkedLevels(options.levels ?? source.config.serviceLevels ?? [])
  const period = periodOf(options)
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, period: periodText(period) }
  const none = (reason: string) => ({ available: false, reason, ...about, isKept: true, objectives: [] })
  if (levels.length === 0) return none('no service levels are declared')
  if (!reading.exists) return none('the table does not exist')
  // The first due time of the period looks at the runs of the day before it.
  const read = { from: period.from && new Date(Math.max(FIRST_MS, period.from.getTime() - DAY_MS)), to: period.to }
  const { each } = firstFit(levels.map(({ pipeline }) => pipeline))
  const objectives: Objective[] = []
  for (const [at, level] of levels.entries()) {
    const runs = await judgedRuns(reading, and(reading.within(read), ...(each[at] ? [each[at]] : [])))
    for (const [pipeline, own] of byPipeline(runs, level)) {
      objectives.push(...objectivesOf(pipeline, own, level, periodFor(period, own, options)))
    }
  }
  return { available: true, ...about, isKept: objectives.every(({ isKept }) => isKept), objectives }
}

function checkedLevels(levels: readonly ServiceLevelSettings[]): readonly ServiceLevelSettings[] {
  const { serviceLevels = [] } = writerConfig({ tableSchema: 'any', tableName: 'any', serviceLevels: levels })
  for (const { timeZone = 'UTC' } of serviceLevels) zoneTime(timeZone)
  return serviceLevels
}

/** A pipeline that is named has objectives also where it never ran. */
function byPipeline(runs: readonly JudgedRun[], { pipeline }: ServiceLevelSettings): Map<string, JudgedRun[]> {
  const found = new Map<string, JudgedRun[]>(isGlob(pipeline) ? [] : [[pipeline, []]])
  for (const run of runs) {
    const own = found.get(run.pipeline) ?? []
    own.push(run)
    found.set(run.pipeline, own)
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Without a start the first run is one. What is due later than now cannot be judged yet. */
function periodFor(
  { from, to }: Period,
  runs: readonly JudgedRun[],
  { now = () => new Date() }: PeriodOptions,
): JudgedBounds {
  const nowMs = now().getTime() + 1
  const first = runs[0] ? Date.parse(runs[0].startedAt) : nowMs
  return { fromMs: from?.getTime() ?? first, toMs: Math.min(to?.getTime() ?? nowMs, nowMs) }
}
