import { DAY_MS } from '@forge/writer-core/storage'
import { plainValues } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import { medianOf } from '../probability/quantiles.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import type { StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

const SHORT_RUNS = 20
/** The minimum time that these runs must span. */
const SHORT_MS = 2 * DAY_MS
const MIN_LONG_RUNS = 28
const MAX_LONG_RUNS = 56
/** The number of runs between two tests. */
export const SPREAD_EVERY_RUNS = 5
const QUIET_RUNS = 42
const MIN_RATIO = 3
/** The minimum spread that matters, as a share of the level. */
const MIN_SPREAD = 0.12

/** Finds durations that scatter three times as much as they used to, around whatever level. */
export const varianceChange: StepFinding = {
  afterLearning: true,
  find({ row, figures, judgements: { duration: judgement }, options: { sensitivity }, nowMs }) {
    const { count, values, times, sinceShift } = figures.duration
    if (!judgement || count % SPREAD_EVERY_RUNS !== 0 || count < (figures.quietUntil.variance ?? 0)) return undefined
    if (values.length < SHORT_RUNS + MIN_LONG_RUNS || sinceShift < SHORT_RUNS) return undefined
    // A few extreme hours are not a change of spread either.
    if ((times.at(-1) ?? 0) - (times.at(-SHORT_RUNS) ?? 0) < SHORT_MS) return undefined
    const from = Math.max(0, values.length - SHORT_RUNS - MAX_LONG_RUNS)
    const plain = plainValues(figures.duration, from, values.length)
    // A cheap test before the expensive one: most series scatter as they always did.
    if (steps(plain, plain.length - SHORT_RUNS, plain.length) < 1.8 * steps(plain, 0, plain.length - SHORT_RUNS))
      return undefined
    const short = deviation(plain.slice(-SHORT_RUNS))
    const long = deviation(plain.slice(0, -SHORT_RUNS))
    const min = (MIN_RATIO / Math.sqrt(sensitivity)) * Math.max(long, 0.02)
    if (short < Math.max(MIN_SPREAD, min)) return undefined
    // A few extreme days are not a change of spread: the standard deviation, with extreme values capped, must show it too.
    if (cappedDeviation(plain.slice(-SHORT_RUNS), 4 * Math.max(long, 0.02)) < 0.85 * min) return undefined
    const z = Math.log(short / Math.max(long, 0.02)) * Math.sqrt(SHORT_RUNS)
    return makeAnomaly(placeOf(row), {
      type: 'variance_change',
      metric: 'duration_secs',
      detector: 'mad-ratio',
      severity: 'warning',
      description: `${nameOf(row)}: durations scatter by ${figure(100 * short)} % in the last ${SHORT_RUNS} runs, compared with ${figure(100 * long)} % before`,
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
  learn({ figures }, anomaly) {
    if (anomaly) figures.quietUntil.variance = figures.duration.count + QUIET_RUNS
  },
}

/** Returns the scaled median of the steps between neighbours, of which a change of level makes only one large. */
function deviation(values: readonly number[]): number {
  return (1.4826 / Math.SQRT2) * medianOf(values.slice(1).map((value, at) => Math.abs(value - (values[at] ?? 0))))
}

/** Returns the standard deviation around the median, counting no value as farther away than `max`. */
function cappedDeviation(values: readonly number[], max: number): number {
  const center = medianOf(values)
  const squares = values.map((value) => Math.min(max, Math.abs(value - center)) ** 2)
  return Math.sqrt(squares.reduce((sum, each) => sum + each, 0) / values.length)
}

/** Returns the mean step between neighbours. */
function steps(values: readonly number[], from: number, to: number): number {
  let sum = 0
  for (let at = from + 1; at < to; at++) sum += Math.abs((values[at] ?? 0) - (values[at - 1] ?? 0))
  return sum / Math.max(1, to - from - 1)
}
