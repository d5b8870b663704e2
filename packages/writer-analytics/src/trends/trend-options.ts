import { and, isNotNull, isNull, type Predicate } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { PERIOD_CHECKS, type Period, type PeriodOptions, periodOf } from '../reading/period.ts'
import { CHOICE_CHECKS, chosenRows, type RowChoice } from '../reading/row-choice.ts'
import { TABLE_CHECK } from '../reading/table-option.ts'
import { zoneTime } from '../reading/zone-time.ts'
import { normalQuantile } from './theil-sen.ts'
import type { TrendBucket, TrendSettings } from './trend.ts'

export interface TrendOptions extends PeriodOptions, RowChoice {
  /** Length of a bucket. Days, and weeks from Monday, are those of `timeZone`. Default `day`. */
  readonly bucket?: TrendBucket | undefined
  /** Name of the tz database. Default `UTC`. */
  readonly timeZone?: string | undefined
  /** The confidence of the intervals: 0.8, 0.9, 0.95 or 0.99. Default 0.95. */
  readonly confidence?: number | undefined
  /** Buckets to forecast, 0-366. Default 1. */
  readonly forecastBuckets?: number | undefined
  /** The maximum number of pipelines, and of steps; those with the most steps are kept. Default 20. */
  readonly limit?: number | undefined
  /** The name of another table in the same schema. Default: the configured table. */
  readonly table?: string | undefined
}

/** {@link TrendOptions} with defaults. */
export interface CheckedTrendOptions extends TrendSettings {
  readonly period: Period
  readonly limit: number
}

const BUCKETS: readonly TrendBucket[] = ['hour', 'day', 'week']

/** Throws WriterConfigurationError that names every wrong option. */
export function checkedTrendOptions(what: string, options: TrendOptions): CheckedTrendOptions {
  assertOptions(what, options, {
    ...PERIOD_CHECKS,
    ...CHOICE_CHECKS,
    ...TABLE_CHECK,
    bucket: option.oneOf(BUCKETS),
    timeZone: option.text,
    confidence: option.any,
    forecastBuckets: option.whole({ min: 0, max: 366 }),
    limit: option.whole({ min: 1 }),
  })
  const { bucket = 'day', timeZone = 'UTC', confidence = 0.95, forecastBuckets = 1, limit = 20 } = options
  normalQuantile(confidence)
  zoneTime(timeZone)
  return { bucket, timeZone, confidence, forecastBuckets, limit, period: periodOf(options) }
}

/** Returns the condition of the chosen rows, except those without a time: they are in no bucket. */
export async function datedRows(reading: LogReading, options: TrendOptions, period: Period): Promise<Predicate> {
  return and(
    reading.within(period),
    // A bound excludes them already, and most logs have none: the condition would slow down every query.
    ...(period.from || period.to || !(await hasUndated(reading)) ? [] : [isNotNull(reading.startedAt)]),
    await chosenRows(reading, options),
  )
}

async function hasUndated({ reader, startedAt }: LogReading): Promise<boolean> {
  const [found] = await reader.aggregate({ where: isNull(startedAt), measures: [{ as: 'rows', fn: 'count' }] })
  return Number(found?.rows ?? 0) > 0
}
