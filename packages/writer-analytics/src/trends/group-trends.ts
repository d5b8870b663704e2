import { type AggregateRow, and, column, eq, isIn, type Measure, or, type Predicate } from '@forge/writer-core'
import { numberOrNull } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep, when } from '../reading/step-rows.ts'
import { DIMENSIONS, groupKey, groupNames } from '../summary/breakdown.ts'
import { percentOf } from '../summary/step-figures.ts'
import { bucketKey } from './bucket-series.ts'
import { type Spread, spreadMeasures, spreadOf } from './spread.ts'
import { type Point, type Trend, type TrendSettings, trendOf } from './trend.ts'

/** The durations of one pipeline or step over time. */
export interface GroupTrend extends Spread {
  readonly pipeline: string
  /** The phase; undefined for a pipeline. */
  readonly phase?: string | undefined
  readonly step?: string | undefined
  readonly steps: number
  /** The share of the steps that ran, 0-100. */
  readonly stepSuccessRatePercent: number | null
  /** The trend of the mean duration in each bucket, seconds. */
  readonly trend: Trend
  /** The trend of the success rate in each bucket, percent. */
  readonly successTrend: Trend
  /** The mean duration in each bucket, seconds. */
  readonly series: readonly Point[]
}

interface Question {
  readonly where: Predicate
  readonly counted: CountedSteps
  readonly settings: TrendSettings
  readonly limit: number
}

const duration = column('duration_secs')

/** Reads the trends of the groups with the most steps. */
export async function groupTrends(
  reading: LogReading,
  dimension: 'pipeline' | 'step',
  { where, counted, settings, limit }: Question,
): Promise<GroupTrend[]> {
  const keys = DIMENSIONS[dimension]
  const groupBy = keys.map((name) => ({ as: name, by: column(name) }))
  const groups = await reading.reader.aggregate({
    where: and(isStep, where),
    groupBy,
    measures: [...countMeasures(counted.ran), ...spreadMeasures(duration, counted.timed)],
    orderBy: [{ column: 'steps', descending: true }, ...keys.map((name) => ({ column: name }))],
    limit,
  })
  if (groups.length === 0) return []
  const buckets = await reading.reader.aggregate({
    where: and(isStep, where, inGroups(keys, groups)),
    groupBy: [...groupBy, bucketKey(reading, settings)],
    measures: [...countMeasures(counted.ran), { as: 'mean', fn: 'avg', of: duration, ...when(counted.timed) }],
    orderBy: [{ column: 'at' }],
  })
  const series = new Map<string, AggregateRow[]>()
  for (const bucket of buckets) {
    const key = groupKey(bucket, keys)
    series.set(key, [...(series.get(key) ?? []), bucket])
  }
  return groups.map((group) => groupTrend(group, series.get(groupKey(group, keys)) ?? [], settings))
}

function groupTrend(group: AggregateRow, buckets: readonly AggregateRow[], settings: TrendSettings): GroupTrend {
  const { pipeline = '', phase, step } = groupNames(group)
  const points = (value: (row: AggregateRow) => number | null) =>
    buckets.map((row) => ({ at: String(row.at), value: value(row) }))
  const series = points(({ mean }) => numberOrNull(mean))
  return {
    pipeline,
    phase,
    step,
    steps: Number(group.steps ?? 0),
    stepSuccessRatePercent: successRate(group),
    ...spreadOf(group),
    trend: trendOf(series, settings, { min: 0 }),
    successTrend: trendOf(points(successRate), settings, { min: 0, max: 100 }),
    series,
  }
}

function countMeasures(ran: Predicate): Measure[] {
  return [
    { as: 'steps', fn: 'count' },
    { as: 'ranSteps', fn: 'count', ...when(ran) },
    { as: 'failedSteps', fn: 'count', where: and(eq('success', false), ran) },
  ]
}

function successRate({ ranSteps, failedSteps }: AggregateRow): number | null {
  const ran = Number(ranSteps ?? 0)
  return percentOf(ran - Number(failedSteps ?? 0), ran)
}

/** Matches rows of these groups. The lists of single keys are fast, and leave few rows to the pairs if there are several keys. */
function inGroups(keys: readonly string[], groups: readonly AggregateRow[]): Predicate {
  const lists = keys.map((name) => isIn(column(name), [...new Set(groups.map((group) => String(group[name])))]))
  if (keys.length === 1) return and(...lists)
  return and(...lists, or(...groups.map((group) => and(...keys.map((name) => eq(name, String(group[name])))))))
}
