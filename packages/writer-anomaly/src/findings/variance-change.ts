import { DAY_MS } from '../baseline/calendar.ts'
import { plainValues } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../statistics/normal-tail.ts'
import { medianOf } from '../statistics/quantiles.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const SHORT_RUNS = 20
/** Time that these must span. */
const SHORT_MS = 2 * DAY_MS
const LEAST_LONG_RUNS = 28
const MOST_LONG_RUNS = 56
/** Runs between two looks. */
export const SPREAD_EVERY_RUNS = 5
const QUIET_RUNS = 42
const LEAST_RATIO = 3
/** Spread, as a share of the level, below which nobody minds. */
const LEAST_SPREAD = 0.12

/** Durations that scatter three times as much as they used to, around whatever level. */
export const varianceChange: StepFinding = {
  afterLearning: true,
  find({ row, figures, judgements: { duration: judgement }, options: { sensitivity }, nowMs }) {
    const { count, values, times, sinceShift } = figures.duration
    if (!judgement || count % SPREAD_EVERY_RUNS !== 0 || count < (figures.quietUntil.variance ?? 0)) return undefined
    if (values.length < SHORT_RUNS + LEAST_LONG_RUNS || sinceShift < SHORT_RUNS) return undefined
    // A few wild hours are no change of spread either.
    if ((times.at(-1) ?? 0) - (times.at(-SHORT_RUNS) ?? 0) < SHORT_MS) return undefined
    const from = Math.max(0, values.length - SHORT_RUNS - MOST_LONG_RUNS)
    const plain = plainValues(figures.duration, from, values.length)
    // A cheap look before the dear one: most series scatter as they always did.
    if (steps(plain, plain.length - SHORT_RUNS, plain.length) < 1.8 * steps(plain, 0, plain.length - SHORT_RUNS))
      return undefined
    const short = deviation(plain.slice(-SHORT_RUNS))
    const long = deviation(plain.slice(0, -SHORT_RUNS))
    const least = (LEAST_RATIO / Math.sqrt(sensitivity)) * Math.max(long, 0.02)
    if (short < Math.max(LEAST_SPREAD, least)) return undefined
    // A few wild days are no change of spread: the plain deviation, with wild values drawn in, must show it too.
    if (drawnIn(plain.slice(-SHORT_RUNS), 4 * Math.max(long, 0.02)) < 0.85 * least) return undefined
    figures.quietUntil.variance = count + QUIET_RUNS
    const z = Math.log(short / Math.max(long, 0.02)) * Math.sqrt(SHORT_RUNS)
    return makeAnomaly(placeOf(row), {
      type: 'variance_change',
      metric: 'duration_secs',
      detector: 'mad-ratio',
      severity: 'warning',
      description: `${nameOf(row)}: durations scatter by ${figure(100 * short)} % in the last ${SHORT_RUNS} runs, ${figure(100 * long)} % before`,
      nowMs,
      value: short,
      expected: long,
      z,
      score: scoreOfZ(z),
      ...baselineOf(judgement),
      lower: null,
      upper: null,
    })
  },
}

/** Scaled median of the steps between neighbours: a change of level makes one of them large, and no more. */
function deviation(values: readonly number[]): number {
  return (1.4826 / Math.SQRT2) * medianOf(values.slice(1).map((value, at) => Math.abs(value - (values[at] ?? 0))))
}

/** Standard deviation around the median, with no value counted as farther away than `most`. */
function drawnIn(values: readonly number[], most: number): number {
  const center = medianOf(values)
  const squares = values.map((value) => Math.min(most, Math.abs(value - center)) ** 2)
  return Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / values.length)
}

/** Mean step between neighbours. */
function steps(values: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let at = from + 1; at < to; at++) sum += Math.abs((values[at] ?? 0) - (values[at - 1] ?? 0))
  return sum / Math.max(1, to - from - 1)
}
