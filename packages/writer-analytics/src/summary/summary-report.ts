import { and, type Predicate, type TableSource } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import { judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import {
  nowWithin,
  PERIOD_CHECKS,
  type Period,
  type PeriodOptions,
  type PeriodText,
  periodBefore,
  periodOf,
  periodText,
} from '../reading/period.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice } from '../reading/row-choice.ts'
import { type Caveats, readCounting } from '../reading/step-rows.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { type BreakdownOptions, breakdown, type Dimension, type GroupFigures, stepsByPhase } from './breakdown.ts'
import { type ExtremeStep, extremeSteps } from './extreme-steps.ts'
import { type FailureGroups, failureGroups } from './failures.ts'
import { comparePeriods, type PeriodComparison } from './period-comparison.ts'
import type { Durations } from './step-figures.ts'
import { NOTHING, type Totals, totals } from './totals.ts'

export interface SummaryOptions extends PeriodOptions, RowChoice {
  /** The dimensions of the breakdowns. Default all: phase, pipeline, step, mode. */
  readonly by?: readonly Dimension[] | undefined
  /** The maximum number of groups of a breakdown; those with the most steps are kept. Default 1000. */
  readonly limit?: number | undefined
  /** The maximum number of failures, slowest steps and most failing steps. Default 10. */
  readonly top?: number | undefined
  /** Adds a comparison with the period of the same length before. Default true. */
  readonly compare?: boolean | undefined
  /** Estimates quantiles, and runs by group, with sketches of constant size, for tables of many millions of rows. Default false: exact. */
  readonly approximate?: boolean | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** The summary of a period. Executions are runs; all other figures count steps, never the row of the whole run. */
export interface SummaryReport extends Caveats {
  /** True if there is something to report. */
  readonly available: boolean
  /** The guide's name of `available`. */
  readonly reportAvailable: boolean
  /** The reason why there is nothing to report. */
  readonly reason?: string | undefined
  readonly tableFqn: string
  readonly period: PeriodText
  /** The number of runs. */
  readonly totalExecutions: number
  readonly failedExecutions: number
  /** The number of runs that did not fail, but whose outcome is partly unknown: they are in no success rate. */
  readonly unknownExecutions: number
  /** The share of runs with a known outcome that succeeded, 0-100. A run succeeds if none of its steps failed. Null without such runs. */
  readonly successRatePercent: number | null
  readonly totalPipelines: number
  readonly totalSteps: number
  readonly failedSteps: number
  /** The number of steps that did not run, or whose outcome is unknown, by `metadata.status`. */
  readonly skippedSteps: number
  readonly stepSuccessRatePercent: number | null
  /** The mean duration of steps, seconds. */
  readonly averageDurationSecs: number | null
  readonly durations: Durations
  readonly totalRowsProcessed: number
  readonly totalRowsWritten: number
  readonly rowsPerSecond: number | null
  /** The validation rate in percent, weighted by rows processed. */
  readonly validationRate: number | null
  readonly firstStartedAt: string | null
  readonly lastStartedAt: string | null
  /** The number of steps by phase. */
  readonly phaseDistribution: Readonly<Record<string, number>>
  /** The groups of each dimension, those with the most steps first. */
  readonly breakdowns: Readonly<Partial<Record<Dimension, readonly GroupFigures[]>>>
  /** The dimensions whose groups `limit` has cut. */
  readonly incomplete: readonly Dimension[]
  readonly failures: FailureGroups
  readonly slowestSteps: readonly ExtremeStep[]
  readonly mostFailingSteps: readonly ExtremeStep[]
  readonly comparison?: PeriodComparison | undefined
}

/**
 * Summarizes a period. Every figure is computed by the storage, from one version of the table if it keeps versions.
 * Throws WriterConfigurationError for wrong options.
 */
export async function generateSummaryReport(source: TableSource, options: SummaryOptions = {}): Promise<SummaryReport> {
  assertOptions('generateSummaryReport', options, {
    ...PERIOD_CHECKS,
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    by: option.list(option.oneOf(ALL)),
    limit: option.whole({ min: 1 }),
    top: option.whole({ min: 1 }),
    compare: option.flag,
    approximate: option.flag,
  })
  const { by = ALL, limit = 1000, top = 10, compare = true, approximate = false } = options
  const period = periodOf(options)
  const reading = await openReading(source, options.table)
  const only = await chosenRows(reading, options)
  const where = and(reading.within(period), only)
  if (!reading.exists) return emptyReport(reading, periodText(period), 'the table does not exist')
  const counted = await readCounting(reading, where, nowWithin(period, options))
  const judged = await judgedRows(reading, where)
  const current = await totals(reading, { where, counted, judged, approximate })
  if (current.runs === 0) return emptyReport(reading, periodText(period), 'nothing ran in the period')
  const before = compare ? periodBefore(period) : undefined
  const brokenDown = await breakDown(reading, by, { where, counted, judged, limit, approximate })
  return {
    available: true,
    reportAvailable: true,
    tableFqn: reading.tableFqn,
    period: periodText(period),
    ...mainFigures(current),
    ...counted.caveats,
    ...brokenDown,
    phaseDistribution: await phaseDistribution(reading, where, brokenDown),
    failures: await failureGroups(reading, {
      where,
      counted,
      failedSteps: current.failedSteps,
      top,
      before: period.from ? and(reading.within({ from: null, to: period.from }), only) : undefined,
    }),
    ...(await extremeSteps(reading, { where, counted, top }, wholeBreakdown(brokenDown, 'step'))),
    comparison: before && (await comparedWith(reading, current, { period: before, only, approximate })),
  }
}

const ALL: readonly Dimension[] = ['phase', 'pipeline', 'step', 'mode']

function mainFigures(figures: Totals) {
  return {
    totalExecutions: figures.runs,
    failedExecutions: figures.failedRuns,
    unknownExecutions: figures.unknownRuns,
    successRatePercent: figures.successRatePercent,
    totalPipelines: figures.pipelines,
    totalSteps: figures.steps,
    failedSteps: figures.failedSteps,
    skippedSteps: figures.skippedSteps,
    stepSuccessRatePercent: figures.stepSuccessRatePercent,
    averageDurationSecs: figures.durations.mean,
    durations: figures.durations,
    totalRowsProcessed: figures.rowsProcessed,
    totalRowsWritten: figures.rowsWritten,
    rowsPerSecond: figures.rowsPerSecond,
    validationRate: figures.validationRate,
    firstStartedAt: figures.firstStartedAt,
    lastStartedAt: figures.lastStartedAt,
  }
}

type BrokenDown = Pick<SummaryReport, 'breakdowns' | 'incomplete'>

async function breakDown(
  reading: LogReading,
  by: readonly Dimension[],
  options: BreakdownOptions,
): Promise<BrokenDown> {
  const breakdowns: Partial<Record<Dimension, readonly GroupFigures[]>> = {}
  const incomplete: Dimension[] = []
  for (const dimension of by) {
    const groups = await breakdown(reading, dimension, options)
    if (groups.length > options.limit) incomplete.push(dimension)
    breakdowns[dimension] = groups.slice(0, options.limit)
  }
  return { breakdowns, incomplete }
}

/** Returns all groups of a dimension, if they were asked for and not cut. */
function wholeBreakdown({ breakdowns, incomplete }: BrokenDown, dimension: Dimension) {
  return incomplete.includes(dimension) ? undefined : breakdowns[dimension]
}

async function phaseDistribution(reading: LogReading, where: Predicate, brokenDown: BrokenDown) {
  const phases = wholeBreakdown(brokenDown, 'phase')
  if (!phases) return stepsByPhase(reading, where)
  return Object.fromEntries(phases.map(({ phase, steps }) => [phase, steps]).sort())
}

interface Before {
  readonly period: Period
  readonly only: Predicate
  readonly approximate: boolean
}

async function comparedWith(
  reading: LogReading,
  current: Totals,
  { period, only, approximate }: Before,
): Promise<PeriodComparison> {
  const where = and(reading.within(period), only)
  const counted = await readCounting(reading, where)
  const judged = await judgedRows(reading, where)
  return comparePeriods(current, await totals(reading, { where, counted, judged, approximate }), periodText(period))
}

function emptyReport({ tableFqn }: LogReading, period: PeriodText, reason: string): SummaryReport {
  return {
    available: false,
    reportAvailable: false,
    reason,
    tableFqn,
    period,
    ...mainFigures(NOTHING),
    nonFiniteSteps: 0,
    futureSteps: 0,
    phaseDistribution: {},
    breakdowns: {},
    incomplete: [],
    failures: { groups: [], otherFailedSteps: 0 },
    slowestSteps: [],
    mostFailingSteps: [],
  }
}
