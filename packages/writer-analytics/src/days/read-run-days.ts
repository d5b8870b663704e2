import { and, column, gte, isIn, isNotNull, literal, lt, type TableSource } from '@forge/writer-core'
import { assertNoProblems, assertOptions, DAY_MS, option } from '@forge/writer-core/storage'
import { judgedRows } from '../reading/judged-rows.ts'
import { openReading } from '../reading/log-reading.ts'
import { PERIOD_CHECKS, type PeriodOptions, type PeriodText, periodOf, periodText } from '../reading/period.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice } from '../reading/row-choice.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { zoneTime } from '../reading/zone-time.ts'
import { runsOf } from '../runs/run-page.ts'
import { startedSince } from '../runs/started-since.ts'
import { type RunFigures, runFiguresOf, runMeasures, wholeRunOk } from '../summary/run-figures.ts'

export interface RunDaysOptions extends PeriodOptions, RowChoice {
  /** The ids of pipelines, at most 100, each with days of its own. Default: the days of all pipelines together. */
  readonly pipelines?: readonly string[] | undefined
  /** The zone of the days; a name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

/** The runs of the days of a period. */
export interface RunDays {
  readonly tableFqn: string
  readonly period: PeriodText
  readonly timeZone: string
  /** The days in order; those on which nothing started are left out. */
  readonly days: readonly RunDay[]
}

/** The runs that started on one day. */
export interface RunDay extends RunFigures {
  /** `YYYY-MM-DD` in the zone. */
  readonly day: string
  /** The pipeline; null for all of them together. */
  readonly pipeline: string | null
}

const MAX_PIPELINES = 100
const MAX_DAYS = 3700

/**
 * Reads the numbers of runs and of failed runs of each day. The storage counts them. Throws WriterConfigurationError for wrong options, and for more
 * than ten years.
 */
export async function readRunDays(source: TableSource, options: RunDaysOptions = {}): Promise<RunDays> {
  assertOptions('readRunDays', options, {
    ...PERIOD_CHECKS,
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    pipelines: option.list(option.string),
    timeZone: option.text,
  })
  const { pipelines, timeZone = 'UTC' } = options
  const period = periodOf(options)
  const zone = zoneTime(timeZone)
  const { from, to } = period
  const isTooLong = from !== null && to !== null && to.getTime() - from.getTime() > MAX_DAYS * DAY_MS
  assertNoProblems('readRunDays', [
    (pipelines?.length ?? 0) > MAX_PIPELINES && { setting: 'pipelines', problem: `must be at most ${MAX_PIPELINES}` },
    (isTooLong || from === null) && { setting: 'days', problem: `must be at most ${MAX_DAYS}` },
  ])
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, period: periodText(period), timeZone }
  if (!reading.exists || pipelines?.length === 0) return { ...about, days: [] }
  const isHere = pipelines ? [isIn('pipeline_id', pipelines)] : []
  const chosen = and(...isHere, await chosenRows(reading, options))
  const { all } = await judgedRows(reading, chosen)
  // Judging attempts costs several times as much as finding the runs that need it.
  const judged = all.rows.from && from ? all.within(await startedSince(reading, chosen, from)) : all
  const { isUnknown } = judged
  const rows = await reading.reader.aggregate({
    from: runsOf(judged),
    where: and(
      isNotNull('started'),
      ...(from ? [gte('started', literal(from))] : []),
      ...(to ? [lt('started', literal(to))] : []),
    ),
    groupBy: [
      ...(pipelines ? [{ as: 'pipeline', by: column('pipeline') }] : []),
      { as: 'at', bucket: 'day', of: 'started', timeZone },
    ],
    measures: runMeasures(isUnknown, wholeRunOk),
    orderBy: [{ column: 'at' }, ...(pipelines ? [{ column: 'pipeline' }] : [])],
  })
  const days = rows.map(({ pipeline, at, ...figures }) => ({
    day: zone.dateOf(Date.parse(String(at))),
    pipeline: typeof pipeline === 'string' ? pipeline : null,
    ...runFiguresOf(figures),
  }))
  return { ...about, days }
}
