import type { Anomaly } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'
import { moveLevel, SHIFT_RUNS, shiftOf } from '../baseline/level-change.ts'
import type { Metric } from '../baseline/metric.ts'
import { DURATION, ROWS } from '../baseline/metric.ts'
import type { ValueBaseline } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../statistics/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf } from './make-anomaly.ts'
import { severityOf } from './severity.ts'
import type { StepContext, StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

/** Change of level that matters, as a share. A smaller one is taken over in silence. */
const LEAST_CHANGE = 0.2
/** Seconds that matter to nobody, whatever the share. */
const LEAST_SECS = 2

/** Durations that stay at a new level for 5 runs. Told once; the new level is then what is expected. */
export const durationShift: StepFinding = {
  afterLearning: true,
  find: (context) => shift(context, DURATION, context.figures.duration, context.judgements.duration),
}

/** Rows that stay at a new level for 5 runs. */
export const rowsShift: StepFinding = {
  afterLearning: true,
  find: (context) => shift(context, ROWS, context.figures.rows, context.judgements.rows),
}

function shift(
  { row, options, nowMs }: StepContext,
  metric: Metric,
  baseline: ValueBaseline,
  judgement: Judgement | undefined,
): Anomaly | undefined {
  if (!judgement) return undefined
  const found = shiftOf(baseline)
  if (!found) return undefined
  const { distance, z } = found
  const before = judgement.expected
  const after = metric.fromScale(metric.toScale(before) + distance)
  const rest = baselineOf(judgement)
  moveLevel(baseline, distance)
  const change = before > 0 ? after / before - 1 : 1
  if (Math.abs(change) < LEAST_CHANGE / options.sensitivity) return undefined
  if (metric === DURATION && Math.abs(after - before) < LEAST_SECS) return undefined
  const what = metric === DURATION ? 'took' : 'processed'
  return makeAnomaly(placeOf(row), {
    type: 'level_shift',
    metric: metric.name,
    detector: 'cusum',
    severity: severityOf({ ...judgement, z }, change, LEAST_CHANGE),
    description: `${nameOf(row)} ${what} about ${figure(after)} ${metric.unit} in its last ${SHIFT_RUNS} runs, ${figure(before)} before; that is the new level`,
    nowMs,
    value: after,
    expected: before,
    z,
    // Five runs in a row say more than each of them.
    score: scoreOfZ(z * Math.sqrt(SHIFT_RUNS)),
    ...rest,
  })
}
