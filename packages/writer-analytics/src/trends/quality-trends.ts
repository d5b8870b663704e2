import { type AggregateRow, and, column, type Measure, type Predicate, type TableSource } from '@forge/writer-core'
import { type LogReading, openReading } from '../reading/log-reading.ts'
import { nowWithin, type PeriodText, periodText } from '../reading/period.ts'
import { type Caveats, isStep, readCounting } from '../reading/step-rows.ts'
import { DIMENSIONS, groupNames } from '../summary/breakdown.ts'
import { percentOf, quotient } from '../summary/step-figures.ts'
import { assertFewBuckets, BUCKET_LIMIT, bucketKey } from './bucket-series.ts'
import type { TrendsMissing } from './performance-trends.ts'
import { type Spread, spreadMeasures, spreadOf } from './spread.ts'
import { type Trend, type TrendBucket, trendOf } from './trend.ts'
import { checkedTrendOptions, datedRows, type TrendOptions } from './trend-options.ts'

/** The changes of the validity of rows, or the reason why they are missing. */
export type QualityTrends = (QualityTrendsAvailable | TrendsMissing) & {
  readonly tableFqn: string
  readonly period: PeriodText
  readonly bucket: TrendBucket
  readonly timeZone: string
}

export interface QualityTrendsAvailable extends Caveats {
  readonly available: true
  /** The guide's name of `available`. */
  readonly trendsAvailable: true
  /** The number of steps that validated rows: those that ran, know their rows and are not checks. */
  readonly validatedSteps: number
  readonly validRows: number
  readonly invalidRows: number
  /** The `validation_rate` of steps, percent; `weightedRatePercent` is by rows. The trend is of the weighted rate in each bucket. */
  readonly validationTrend: Spread & { readonly weightedRatePercent: number | null } & Trend
  /** The share of invalid rows, in percent. */
  readonly invalidRowsTrend: { readonly invalidRowsPercent: number | null } & Trend
  readonly buckets: readonly QualityBucket[]
  /** The steps with the lowest weighted rate, lowest first. */
  readonly worstSteps: readonly QualityOfStep[]
}

export interface QualityBucket extends QualityFigures {
  /** The start of the bucket. ISO 8601, UTC. */
  readonly at: string
}

export interface QualityOfStep extends QualityFigures {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
}

export interface QualityFigures {
  readonly validatedSteps: number
  readonly validRows: number
  readonly invalidRows: number
  /** The validation rate in percent, weighted by rows processed; null before the first row. */
  readonly validationRate: number | null
}

/** Follows validation rates and invalid rows over time. Throws WriterConfigurationError for wrong options and more than 2,500 buckets. */
export async function analyzeQualityTrends(source: TableSource, options: TrendOptions = {}): Promise<QualityTrends> {
  const { period, limit, ...settings } = checkedTrendOptions('analyzeQualityTrends', options)
  const reading = await openReading(source, options.table)
  const { bucket, timeZone } = settings
  const about = { tableFqn: reading.tableFqn, period: periodText(period), bucket, timeZone }
  const withoutTrends = (reason: string): QualityTrends => ({
    available: false,
    trendsAvailable: false,
    reason,
    ...about,
  })
  if (!reading.exists) return withoutTrends('the table does not exist')
  const rows = await datedRows(reading, options, period)
  const { validated, caveats } = await readCounting(reading, rows, nowWithin(period, options))
  const where = and(isStep, rows, validated)
  const [row = {}] = await reading.reader.aggregate({
    where,
    measures: [...MEASURES, ...spreadMeasures(column('validation_rate'), and())],
  })
  const total = figuresOf(row)
  if (total.validatedSteps < 2)
    return withoutTrends(`${total.validatedSteps} of the 2 steps that trends need validated rows`)
  const series = await reading.reader.aggregate({
    where,
    groupBy: [bucketKey(reading, settings)],
    measures: MEASURES,
    orderBy: [{ column: 'at' }],
    limit: BUCKET_LIMIT,
  })
  assertFewBuckets(series, settings)
  const buckets = series.map((each) => ({ at: String(each.at), ...figuresOf(each) }))
  const line = (value: (figures: QualityFigures) => number | null) =>
    trendOf(
      buckets.map((each) => ({ at: each.at, value: value(each) })),
      settings,
      { min: 0, max: 100 },
    )
  return {
    available: true,
    trendsAvailable: true,
    ...about,
    ...caveats,
    validatedSteps: total.validatedSteps,
    validRows: total.validRows,
    invalidRows: total.invalidRows,
    validationTrend: {
      ...spreadOf(row),
      weightedRatePercent: total.validationRate,
      ...line((each) => each.validationRate),
    },
    invalidRowsTrend: { invalidRowsPercent: invalidPercent(total), ...line(invalidPercent) },
    buckets,
    worstSteps: await worstSteps(reading, where, limit),
  }
}

const MEASURES: readonly Measure[] = [
  { as: 'validatedSteps', fn: 'count' },
  { as: 'validRows', fn: 'sum', of: column('valid_rows') },
  { as: 'invalidRows', fn: 'sum', of: column('invalid_rows') },
  { as: 'processed', fn: 'sum', of: column('rows_processed') },
  {
    as: 'rated',
    fn: 'sum',
    of: { kind: 'arithmetic', operator: '*', left: column('validation_rate'), right: column('rows_processed') },
  },
]

function figuresOf(row: AggregateRow): QualityFigures {
  return {
    validatedSteps: Number(row.validatedSteps ?? 0),
    validRows: Number(row.validRows ?? 0),
    invalidRows: Number(row.invalidRows ?? 0),
    validationRate: quotient(row.rated, row.processed),
  }
}

function invalidPercent({ validRows, invalidRows }: QualityFigures): number | null {
  return percentOf(invalidRows, validRows + invalidRows)
}

async function worstSteps({ reader }: LogReading, where: Predicate, limit: number): Promise<QualityOfStep[]> {
  const keys = DIMENSIONS.step
  const rated = MEASURES.filter(({ as }) => as === 'rated' || as === 'processed')
  const rows = await reader.aggregate({
    // Sums per step first, so that their quotient can be ordered by.
    from: { where, groupBy: keys.map((name) => ({ as: name, by: column(name) })), measures: MEASURES },
    groupBy: [
      ...keys.map((name) => ({ as: name, by: column(name) })),
      { as: 'rate', by: { kind: 'arithmetic', operator: '/', left: column('rated'), right: column('processed') } },
    ],
    measures: [
      ...rated.map(({ as }) => ({ as, fn: 'sum', of: column(as) }) as const),
      { as: 'validatedSteps', fn: 'max', of: column('validatedSteps') },
      { as: 'validRows', fn: 'sum', of: column('validRows') },
      { as: 'invalidRows', fn: 'sum', of: column('invalidRows') },
    ],
    orderBy: [{ column: 'rate' }, ...keys.map((name) => ({ column: name }))],
    limit,
  })
  return rows
    .filter(({ processed }) => Number(processed) > 0)
    .map((row) => {
      const { pipeline = '', phase = '', step = '' } = groupNames(row)
      return { pipeline, phase, step, ...figuresOf(row) }
    })
}
