import { and, column, type Measure, type Predicate, type TableSource } from '@forge/writer-core'
import { type Judged, judgedRows } from '../reading/judged-rows.ts'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { nowWithin, type PeriodText, periodText } from '../reading/period.ts'
import { type Caveats, type CountedSteps, isStep, readCounting, when } from '../reading/step-rows.ts'
import { allRuns } from '../summary/run-figures.ts'
import { quotient } from '../summary/step-figures.ts'
import { type Bucket, bucketSeries } from './bucket-series.ts'
import { type GroupTrend, groupTrends } from './group-trends.ts'
import { type Spread, spreadMeasures, spreadOf } from './spread.ts'
import { type Trend, type TrendBucket, trendOf } from './trend.ts'
import { checkedTrendOptions, datedRows, type TrendOptions } from './trend-options.ts'

/** The changes of durations, success, validation and throughput, or the reason why they are missing. */
export type PerformanceTrends = (TrendsAvailable | TrendsMissing) & {
  readonly tableFqn: string
  readonly period: PeriodText
  readonly bucket: TrendBucket
  readonly timeZone: string
}

export interface TrendsMissing {
  readonly available: false
  /** The guide's name of `available`. */
  readonly trendsAvailable: false
  readonly reason: string
}

export interface TrendsAvailable extends Caveats {
  readonly available: true
  /** The guide's name of `available`. */
  readonly trendsAvailable: true
  /** The duration of steps that ran, seconds; its trend is of the mean in each bucket. */
  readonly durationTrend: Spread & Trend
  /** The success rate of runs; `totalExecutions` are runs. */
  readonly successTrend: { readonly successRatePercent: number | null; readonly totalExecutions: number } & Trend
  /** The `validation_rate` of steps, percent; undefined if no step was validated. Its trend is weighted by rows. */
  readonly validationTrend?: (Spread & Trend) | undefined
  /** The rows processed per second of a step's time. */
  readonly throughputTrend: { readonly rowsPerSecond: number | null } & Trend
  /** The buckets in order of time. */
  readonly buckets: readonly Bucket[]
  /** The pipelines with the most steps. */
  readonly pipelines: readonly GroupTrend[]
  readonly steps: readonly GroupTrend[]
}

/**
 * Follows durations and success over time, in all, by pipeline and by step. Every figure is computed by the storage.
 * Throws WriterConfigurationError for wrong options and for more than 2,500 buckets.
 */
export async function analyzePerformanceTrends(
  source: TableSource,
  options: TrendOptions = {},
): Promise<PerformanceTrends> {
  const { period, limit, ...settings } = checkedTrendOptions('analyzePerformanceTrends', options)
  const reading = await openReading(source, options.table)
  const about = {
    tableFqn: reading.tableFqn,
    period: periodText(period),
    bucket: settings.bucket,
    timeZone: settings.timeZone,
  }
  const withoutTrends = (reason: string): PerformanceTrends => ({
    available: false,
    trendsAvailable: false,
    reason,
    ...about,
  })
  if (!reading.exists) return withoutTrends('the table does not exist')
  const where = await datedRows(reading, options, period)
  const counted = await readCounting(reading, where, nowWithin(period, options))
  const judged = await judgedRows(reading, where)
  const figures = await overallFigures(reading, where, { ...counted, judged })
  if (figures.ranSteps < 2)
    return withoutTrends(`${figures.ranSteps} of the 2 steps that trends need ran in the period`)
  const buckets = await bucketSeries(reading, { where, counted, judged, settings })
  const line = (
    value: (bucket: Bucket) => number | null,
    bounds: { readonly min: number; readonly max?: number | undefined },
  ) =>
    trendOf(
      buckets.map((bucket) => ({ at: bucket.at, value: value(bucket) })),
      settings,
      bounds,
    )
  const percent = { min: 0, max: 100 }
  return {
    available: true,
    trendsAvailable: true,
    ...about,
    ...counted.caveats,
    durationTrend: { ...figures.duration, ...line(({ durations }) => durations.mean, { min: 0 }) },
    successTrend: { ...figures.success, ...line(({ successRatePercent }) => successRatePercent, percent) },
    ...(figures.validatedSteps > 0 && {
      validationTrend: { ...figures.validation, ...line(({ validationRate }) => validationRate, percent) },
    }),
    throughputTrend: {
      rowsPerSecond: figures.rowsPerSecond,
      ...line(({ rowsPerSecond }) => rowsPerSecond, { min: 0 }),
    },
    buckets,
    pipelines: await groupTrends(reading, 'pipeline', { where, counted, settings, limit }),
    steps: await groupTrends(reading, 'step', { where, counted, settings, limit }),
  }
}

async function overallFigures(
  reading: LogReading,
  where: Predicate,
  { ran, timed, knowsRows, validated, judged }: CountedSteps & { readonly judged: Judged },
) {
  const { runs, successRatePercent } = await allRuns(reading.reader, judged.all)
  const measures: Measure[] = [
    { as: 'ranSteps', fn: 'count', ...when(ran) },
    { as: 'validatedSteps', fn: 'count', ...when(validated) },
    { as: 'knownRows', fn: 'sum', of: column('rows_processed'), ...when(knowsRows) },
    { as: 'knownSecs', fn: 'sum', of: column('duration_secs'), ...when(knowsRows) },
    ...spreadMeasures(column('duration_secs'), timed),
    ...spreadMeasures(column('validation_rate'), validated, 'rate_'),
  ]
  const [row = {}] = await reading.reader.aggregate({ where: and(isStep, where), measures })
  return {
    ranSteps: Number(row.ranSteps ?? 0),
    validatedSteps: Number(row.validatedSteps ?? 0),
    duration: spreadOf(row),
    validation: spreadOf(row, 'rate_'),
    rowsPerSecond: quotient(row.knownRows, row.knownSecs),
    success: { successRatePercent, totalExecutions: runs },
  }
}
