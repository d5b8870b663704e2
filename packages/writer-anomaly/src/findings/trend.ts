import type { Anomaly } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'
import { DURATION, type Metric, ROWS } from '../baseline/metric.ts'
import { offsetAt } from '../baseline/season.ts'
import { medianOf } from '../baseline/sorted-window.ts'
import type { ValueBaseline } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../detectors/tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepContext, StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const LEAST_RUNS = 14
const MOST_RUNS = 42
/** Runs between two looks: a trend does not hurry, and each look costs. */
const EVERY_RUNS = 7
/** Runs after which a trend that goes on is told again. */
const QUIET_RUNS = 42
/** Change over the runs looked at. */
const LEAST_CHANGE = 0.2
/** Mann-Kendall z: p < 1e-6, as each series is looked at some fifty times a year. */
const LEAST_Z = 4.9

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
  if (!judgement || count % EVERY_RUNS !== 0 || count < (figures.quietUntil[`trend ${metric.name}`] ?? 0))
    return undefined
  const runs = Math.min(MOST_RUNS, sinceShift, baseline.values.length)
  if (runs < LEAST_RUNS || count < 20) return undefined
  const values = lastValues(baseline, runs)
  const least = Math.log1p(LEAST_CHANGE / options.sensitivity)
  if (Math.abs(quarters(values)) < 0.7 * least) return undefined
  const z = mannKendall(values)
  const slope = theilSen(values)
  const change = Math.expm1(slope * (runs - 1))
  if (Math.abs(z) < LEAST_Z / Math.sqrt(options.sensitivity) || Math.abs(slope * (runs - 1)) < least) return undefined
  figures.quietUntil[`trend ${metric.name}`] = count + QUIET_RUNS
  const level = judgement.expected
  const limit = metric === DURATION ? options.limits.get(`${row.pipeline}\0${row.step}`) : undefined
  const crossing = limit === undefined ? '' : crossingOf(level, slope, limit)
  return makeAnomaly(placeOf(row), {
    type: 'trend',
    metric: metric.name,
    detector: 'theil-sen',
    severity: severityOf({ ...judgement, z }, change, LEAST_CHANGE),
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

/** The last values without the calendar. */
function lastValues({ values, times, season }: ValueBaseline, runs: number): number[] {
  const from = values.length - runs
  return Array.from({ length: runs }, (_, at) => (values[from + at] ?? 0) - offsetAt(season, times[from + at] ?? 0))
}

/** Median of the last quarter less that of the first: a cheap look before the dear one. */
function quarters(values: readonly number[]): number {
  const size = Math.max(3, values.length >> 2)
  return medianOf(values.slice(-size)) - medianOf(values.slice(0, size))
}

/** z of Mann and Kendall's test for a trend. */
export function mannKendall(values: readonly number[]): number {
  let score = 0
  for (let later = 1; later < values.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      score += Math.sign((values[later] ?? 0) - (values[earlier] ?? 0))
    }
  }
  const n = values.length
  return (score - Math.sign(score)) / Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18)
}

/** Theil and Sen's slope: the median of the slopes between all pairs. */
export function theilSen(values: readonly number[]): number {
  const slopes: number[] = []
  for (let later = 1; later < values.length; later++) {
    for (let earlier = 0; earlier < later; earlier++) {
      slopes.push(((values[later] ?? 0) - (values[earlier] ?? 0)) / (later - earlier))
    }
  }
  return medianOf(slopes)
}
