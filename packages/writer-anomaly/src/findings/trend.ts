import type { Anomaly } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import type { Judgement } from '../baseline/judge.ts'
import { DURATION, type Metric, ROWS } from '../baseline/metric.ts'
import { plainValues, type ValueBaseline } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import { medianOf } from '../probability/quantiles.ts'
import { mannKendall, theilSen } from '../probability/trend-test.ts'
import { baselineOf, makeAnomaly, placeOf, severityOf } from './make-anomaly.ts'
import type { StepContext, StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const MIN_RUNS = 14
const MAX_RUNS = 42
/** The number of runs between two tests: a trend is not urgent, and each test takes time. */
export const TREND_EVERY_RUNS = 7
/** The number of runs after which a trend that continues is reported again. */
const QUIET_RUNS = 42
/** The minimum change over the tested runs: rows grow with the business, durations should not. */
const MIN_CHANGE = 0.25
const MIN_ROWS_CHANGE = 0.6
/** The minimum Mann-Kendall z: p < 2e-5, because each series is tested some fifty times a year. */
const MIN_Z = 4.3

/** Finds durations that grow or shrink slowly and steadily, by a fifth over at least 14 runs. */
export const durationTrend: StepFinding = {
  afterLearning: true,
  find: (context) => findTrend(context, DURATION, context.figures.duration, context.judgements.duration),
  learn: ({ figures }, anomaly) => {
    if (anomaly) silence(figures, DURATION, figures.duration)
  },
}

/** Finds numbers of rows that grow or shrink slowly and steadily. */
export const rowsTrend: StepFinding = {
  afterLearning: true,
  find: (context) => findTrend(context, ROWS, context.figures.rows, context.judgements.rows),
  learn: ({ figures }, anomaly) => {
    if (anomaly) silence(figures, ROWS, figures.rows)
  },
}

function findTrend(
  { row, options, figures, nowMs }: StepContext,
  metric: Metric,
  baseline: ValueBaseline,
  judgement: Judgement | undefined,
): Anomaly | undefined {
  const { count, sinceShift } = baseline
  const quietUntil = figures.quietUntil[quietKey(metric)] ?? 0
  if (!judgement || count % TREND_EVERY_RUNS !== 0 || count < Math.max(20, quietUntil)) return undefined
  const perValue = runsPerValue(baseline)
  const max = Math.min(MAX_RUNS * perValue, sinceShift, baseline.values.length)
  if (Math.floor(max / perValue) < MIN_RUNS || count % (TREND_EVERY_RUNS * perValue) !== 0) return undefined
  const values = lastValues(baseline, Math.floor(max / perValue), perValue)
  const steps = values.length - 1
  const minChange = metric === ROWS ? MIN_ROWS_CHANGE : MIN_CHANGE
  const min = Math.log1p(minChange / options.sensitivity)
  if (Math.abs(changeOfQuarters(values)) < 0.6 * min) return undefined
  const z = mannKendall(values)
  if (Math.abs(z) < MIN_Z / Math.sqrt(options.sensitivity)) return undefined
  const slope = theilSen(values)
  if (Math.abs(slope * steps) < min) return undefined
  const change = Math.expm1(slope * steps)
  const runs = values.length * perValue
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

function silence({ quietUntil }: StepContext['figures'], metric: Metric, baseline: ValueBaseline): void {
  quietUntil[quietKey(metric)] = baseline.count + QUIET_RUNS * runsPerValue(baseline)
}

function quietKey({ name }: Metric): string {
  return `trend ${name}`
}

/** Returns the number of runs per tested value. Pipelines that run many times a day are tested by day: a slope over hours is the time of day. */
function runsPerValue(baseline: ValueBaseline): number {
  return Math.max(1, Math.floor(valuesPerDay(baseline)))
}

function crossingOf(level: number, slope: number, limit: number): string {
  if (level >= limit) return `; it is beyond its limit of ${figure(limit)} s`
  if (slope <= 0) return ''
  return `; it will pass its limit of ${figure(limit)} s in ${Math.ceil(Math.log(limit / level) / slope)} runs`
}

function valuesPerDay({ times }: ValueBaseline): number {
  const from = Math.max(0, times.length - 200)
  return (times.length - 1 - from) / Math.max(1, ((times.at(-1) ?? 0) - (times[from] ?? 0)) / DAY_MS)
}

/** Returns the last values without the season, as medians of `perValue` neighbours. */
function lastValues(baseline: ValueBaseline, count: number, perValue: number): number[] {
  const { length } = baseline.values
  const plain = plainValues(baseline, length - count * perValue, length)
  if (perValue === 1) return plain
  return Array.from({ length: count }, (_, at) => medianOf(plain.slice(at * perValue, (at + 1) * perValue)))
}

/** Returns the mean of the last quarter minus that of the first: a cheap test before the expensive one. */
function changeOfQuarters(values: readonly number[]): number {
  const size = Math.max(3, values.length >> 2)
  let difference = 0
  for (let at = 0; at < size; at++) difference += (values[values.length - 1 - at] ?? 0) - (values[at] ?? 0)
  return difference / size
}
