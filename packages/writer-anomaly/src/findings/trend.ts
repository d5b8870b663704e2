import type { Anomaly } from '@forge/writer-core'
import { DAY_MS } from '../baseline/calendar.ts'
import type { Judgement } from '../baseline/judge.ts'
import { DURATION, type Metric, ROWS } from '../baseline/metric.ts'
import { plainValues, type ValueBaseline } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../statistics/normal-tail.ts'
import { medianOf } from '../statistics/quantiles.ts'
import { mannKendall, theilSen } from '../statistics/trend-test.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepContext, StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const LEAST_RUNS = 14
const MOST_RUNS = 42
/** Runs between two looks: a trend does not hurry, and each look costs. */
export const TREND_EVERY_RUNS = 7
/** Runs after which a trend that goes on is told again. */
const QUIET_RUNS = 42
/** Change over the runs looked at: rows grow with what is done with them, durations should not. */
const LEAST_CHANGE = 0.25
const LEAST_ROWS_CHANGE = 0.6
/** Mann-Kendall z: p < 2e-5, as each series is looked at some fifty times a year. */
const LEAST_Z = 4.3

/** Durations that grow or shrink slowly and steadily, by a fifth over at least 14 runs. */
export const durationTrend: StepFinding = {
  afterLearning: true,
  find: (context) => trend(context, DURATION, context.figures.duration, context.judgements.duration),
}

/** Rows that grow or shrink slowly and steadily. */
export const rowsTrend: StepFinding = {
  afterLearning: true,
  find: (context) => trend(context, ROWS, context.figures.rows, context.judgements.rows),
}

function trend(
  { row, options, figures, nowMs }: StepContext,
  metric: Metric,
  baseline: ValueBaseline,
  judgement: Judgement | undefined,
): Anomaly | undefined {
  const { count, sinceShift } = baseline
  const quiet = `trend ${metric.name}`
  if (!judgement || count % TREND_EVERY_RUNS !== 0 || count < Math.max(20, figures.quietUntil[quiet] ?? 0))
    return undefined
  // Pipelines that run many times a day are looked at by day: a slope over hours is the time of day.
  const perValue = Math.max(1, Math.floor(valuesPerDay(baseline)))
  const most = Math.min(MOST_RUNS * perValue, sinceShift, baseline.values.length)
  if (Math.floor(most / perValue) < LEAST_RUNS || count % (TREND_EVERY_RUNS * perValue) !== 0) return undefined
  const values = lastValues(baseline, Math.floor(most / perValue), perValue)
  const steps = values.length - 1
  const minChange = metric === ROWS ? LEAST_ROWS_CHANGE : LEAST_CHANGE
  const least = Math.log1p(minChange / options.sensitivity)
  if (Math.abs(quarters(values)) < 0.6 * least) return undefined
  const z = mannKendall(values)
  if (Math.abs(z) < LEAST_Z / Math.sqrt(options.sensitivity)) return undefined
  const slope = theilSen(values)
  if (Math.abs(slope * steps) < least) return undefined
  const change = Math.expm1(slope * steps)
  const runs = values.length * perValue
  figures.quietUntil[quiet] = count + QUIET_RUNS * perValue
  const level = judgement.expected
  const limit = metric === DURATION ? options.limits.get(`${row.pipeline}\0${row.step}`) : undefined
  const crossing = limit === undefined ? '' : crossingOf(level, slope / perValue, limit)
  return makeAnomaly(placeOf(row), {
    type: 'trend',
    metric: metric.name,
    detector: 'theil-sen',
    severity: severityOf({ ...judgement, z }, change, minChange),
    description: `${nameOf(row)}: ${metric.name} ${change > 0 ? 'grew' : 'fell'} steadily by ${figure(Math.abs(100 * change))} % over ${runs} runs, to about ${figure(level)} ${metric.unit}${crossing}`,
    nowMs,
    value: level,
    expected: level / (1 + change),
    z,
    score: scoreOfZ(z),
    ...baselineOf(judgement),
  })
}

function crossingOf(level: number, slope: number, limit: number): string {
  if (level >= limit) return `; beyond its limit of ${figure(limit)} s`
  if (slope <= 0) return ''
  return `; will pass its limit of ${figure(limit)} s in ${Math.ceil(Math.log(limit / level) / slope)} runs`
}

function valuesPerDay({ times }: ValueBaseline): number {
  const from = Math.max(0, times.length - 200)
  return (times.length - 1 - from) / Math.max(1, ((times.at(-1) ?? 0) - (times[from] ?? 0)) / DAY_MS)
}

/** The last values without the calendar, as medians of `perValue` neighbours. */
function lastValues(baseline: ValueBaseline, count: number, perValue: number): number[] {
  const { length } = baseline.values
  const plain = plainValues(baseline, length - count * perValue, length)
  if (perValue === 1) return plain
  return Array.from({ length: count }, (_, at) => medianOf(plain.slice(at * perValue, (at + 1) * perValue)))
}

/** Mean of the last quarter less that of the first: a cheap look before the dear one. */
function quarters(values: readonly number[]): number {
  const size = Math.max(3, values.length >> 2)
  let difference = 0
  for (let at = 0; at < size; at++) difference += (values[values.length - 1 - at] ?? 0) - (values[at] ?? 0)
  return difference / size
}
