import { and, eq, type Predicate, type TableSource } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { isUnreadRow, judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import {
  nowWithin,
  PERIOD_CHECKS,
  type PeriodOptions,
  type PeriodText,
  periodOf,
  periodText,
} from '../reading/period.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice } from '../reading/row-choice.ts'
import { type Caveats, isStep, readCounting } from '../reading/step-rows.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { zoneTime } from '../reading/zone-time.ts'
import { failedRunsWithoutStep } from '../summary/failed-runs.ts'
import { type FailureGroups, failureGroups } from '../summary/failures.ts'
import { allRuns, type RunFigures, runFiguresOf } from '../summary/run-figures.ts'
import { type FlakyStep, readFlakySteps } from './flaky-steps.ts'

export interface FailureOptions extends PeriodOptions, RowChoice {
  /** The maximum number of groups, and of flaky steps, 1-1000. Default 50. */
  readonly top?: number | undefined
  /** The zone of the days; a name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** Another table of the same schema. */
  readonly table?: string | undefined
}

/** The failures of a period. */
export interface FailureReport extends FailureGroups, RunFigures, Caveats {
  readonly tableFqn: string
  readonly period: PeriodText
  /** The failed steps; each attempt counts. */
  readonly failedSteps: number
  /** The runs some of whose results could not be read when they were recorded. */
  readonly unreadRuns: number
  /** The steps that failed and then succeeded in the same run, those with the most such runs first. */
  readonly flakySteps: readonly FlakyStep[]
}

const MAX_TOP = 1000

/** Reads what failed in a period: runs, failed steps by cause and by day, and flaky steps. Throws WriterConfigurationError for wrong options. */
export async function readFailures(source: TableSource, options: FailureOptions = {}): Promise<FailureReport> {
  assertOptions('readFailures', options, {
    ...PERIOD_CHECKS,
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    top: option.whole({ min: 1, max: MAX_TOP }),
    timeZone: option.text,
  })
  const { timeZone = 'UTC', top = 50 } = options
  zoneTime(timeZone)
  const period = periodOf(options)
  const reading = await openReading(source, options.table)
  const about = { tableFqn: reading.tableFqn, period: periodText(period) }
  if (!reading.exists) return { ...about, ...NOTHING }
  const only = await chosenRows(reading, options)
  const where = and(reading.within(period), only)
  const { caveats, ...counted } = await readCounting(reading, where, nowWithin(period, options))
  const judged = await judgedRows(reading, where)
  const failed = and(isStep, eq('success', false), counted.ran, where)
  const failedSteps = await countFailed(reading, failed)
  const before = period.from ? and(reading.within({ from: null, to: period.from }), only) : undefined
  const failedRuns = await failedRunsWithoutStep(reading, where, failed)
  return {
    ...about,
    ...(await allRuns(reading.reader, judged.all)),
    ...caveats,
    failedSteps,
    unreadRuns: await countUnread(reading, where),
    ...(await failureGroups(reading, { where, counted, failedSteps, top, before, timeZone, failedRuns })),
    flakySteps: await readFlakySteps(reading, judged.steps, top),
  }
}

const NOTHING = {
  ...runFiguresOf({}),
  nonFiniteSteps: 0,
  futureSteps: 0,
  failedSteps: 0,
  unreadRuns: 0,
  groups: [],
  otherFailedSteps: 0,
  flakySteps: [],
}

async function countFailed({ reader }: LogReading, where: Predicate): Promise<number> {
  const [found] = await reader.aggregate({ where, measures: [{ as: 'failed', fn: 'count' }] })
  return Number(found?.failed ?? 0)
}

async function countUnread({ reader, hasColumn, traits }: LogReading, where: Predicate): Promise<number> {
  if (!hasColumn('metadata') || traits?.hasUnreadSteps === false) return 0
  const [found] = await reader.aggregate({
    where: and(eq('phase', 'pipeline'), eq('success', false), isUnreadRow, where),
    measures: [{ as: 'runs', fn: 'count' }],
  })
  return Number(found?.runs ?? 0)
}
