import { DAY_MS } from '@forge/writer-core/storage'
import { addDays, zoneTime } from '../reading/zone-time.ts'
import { medianOfSorted, normalQuantile, theilSen } from './theil-sen.ts'

export type TrendBucket = 'hour' | 'day' | 'week'

/** The direction of a figure over time. */
export interface Trend {
  /** The direction, if the interval of the slope leaves out 0, otherwise `flat`; `unknown` under {@link MIN_BUCKETS} buckets. */
  readonly direction: 'rising' | 'falling' | 'flat' | 'unknown'
  /** The reason why the direction is unknown. */
  readonly reason?: string | undefined
  /** Change in a day, by Theil and Sen. */
  readonly slopePerDay: number | null
  readonly slopeInterval: { readonly lower: number; readonly upper: number } | null
  /** The next buckets, with an interval in which a bucket lies with the same confidence. */
  readonly forecast: readonly Forecast[]
}

export interface Forecast {
  /** The start of the bucket. ISO 8601, UTC. */
  readonly at: string
  readonly value: number
  readonly lower: number
  readonly upper: number
}

/** The figure of one bucket. */
export interface Point {
  /** The start of the bucket. ISO 8601. */
  readonly at: string
  readonly value: number | null
}

export interface TrendSettings {
  readonly bucket: TrendBucket
  readonly timeZone: string
  readonly confidence: number
  readonly forecastBuckets: number
}

/** The minimum number of buckets with a value. Fewer prove nothing: 1 of 60 random orders of 5 points rises or falls throughout. */
const MIN_BUCKETS = 5
/** The factor from the median absolute deviation to the standard deviation, for normal values. */
const MAD_SCALE = 1.4826

/** Returns the trend of a series, which is in order of time. The forecast stays within `min` and `max`. */
export function trendOf(
  points: readonly Point[],
  settings: TrendSettings,
  { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = {},
): Trend {
  const known = points.flatMap(({ at, value }) => (value === null ? [] : [{ ms: Date.parse(at), value }]))
  const [first] = known
  const last = known.at(-1)
  if (!first || !last || known.length < MIN_BUCKETS) return unknown(known.length)
  const daysOf = (ms: number) => (ms - first.ms) / DAY_MS
  const x = known.map(({ ms }) => daysOf(ms))
  const y = known.map(({ value }) => value)
  const line = theilSen(x, y, settings)
  if (!line) return unknown(known.length)
  const { slope, intercept, lower, upper } = line
  const residuals = Float64Array.from(y, (value, at) => Math.abs(value - intercept - slope * (x[at] ?? 0))).sort()
  const noise = normalQuantile(settings.confidence) * MAD_SCALE * medianOfSorted(residuals)
  const middle = medianOfSorted(Float64Array.from(x))
  const within = (value: number) => Math.min(max, Math.max(min, value))
  const forecast = nextBuckets(last.ms, settings).map((ms) => {
    const value = intercept + slope * daysOf(ms)
    const reach = Math.hypot(noise, ((upper - lower) / 2) * (daysOf(ms) - middle))
    const at = new Date(ms).toISOString()
    return { at, value: within(value), lower: within(value - reach), upper: within(value + reach) }
  })
  const direction = lower > 0 ? 'rising' : upper < 0 ? 'falling' : 'flat'
  return { direction, slopePerDay: slope, slopeInterval: { lower, upper }, forecast }
}

function unknown(buckets: number): Trend {
  const reason = `${buckets} of the ${MIN_BUCKETS} buckets that a trend needs have a value`
  return { direction: 'unknown', reason, slopePerDay: null, slopeInterval: null, forecast: [] }
}

function nextBuckets(lastMs: number, { bucket, timeZone, forecastBuckets }: TrendSettings): number[] {
  const steps = Array.from({ length: forecastBuckets }, (_, at) => at + 1)
  if (bucket === 'hour') return steps.map((step) => lastMs + (step * DAY_MS) / 24)
  const zone = zoneTime(timeZone)
  const day = zone.dateOf(lastMs)
  return steps.map((step) => zone.instantOf(addDays(day, step * (bucket === 'week' ? 7 : 1)), 0))
}
