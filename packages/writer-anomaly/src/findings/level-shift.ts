import type { Anomaly } from '@forge/writer-core'
import type { Judgement } from '../baseline/judge.ts'
import { moveLevel, SHIFT_RUNS, shiftOf } from '../baseline/level-change.ts'
import { DURATION, type Metric, ROWS } from '../baseline/metric.ts'
import type { ValueBaseline } from '../baseline/value-baseline.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import { baselineOf, makeAnomaly, placeOf, severityOf } from './make-anomaly.ts'
import type { StepContext, StepFinding } from './step-finding.ts'
import { figure, nameOf } from './wording.ts'

/** Minimum change of the level to report, as a share. A smaller one is learned without a finding. */
const MIN_CHANGE_SHARE = 0.2
/** Minimum change of a duration to report, in seconds. */
const MIN_CHANGE_SECS = 2

/** Finds durations that stay at a new level for 5 runs. It is reported once; then the new level is what is expected. */
export const durationShift: StepFinding = {
  afterLearning: true,
  find: (context) => findShift(context, DURATION, context.figures.duration, context.judgements.duration),
  learn: ({ figures, judgements }) => takeNewLevel(figures.duration, judgements.duration),
}

/** Finds numbers of rows that stay at a new level for 5 runs. */
export const rowsShift: StepFinding = {
  afterLearning: true,
  find: (context) => findShift(context, ROWS, context.figures.rows, context.judgements.rows),
  learn: ({ figures, judgements }) => takeNewLevel(figures.rows, judgements.rows),
}

function findShift(
  { row, options, nowMs }: StepContext,
  metric: Metric,
  baseline: ValueBaseline,
  judgement: Judgement | undefined,
): Anomaly | undefined {
  const shift = judgement && shiftOf(baseline)
  if (!shift) return undefined
  const { distance, z } = shift
  const before = judgement.expected
  const after = metric.fromScale(metric.toScale(before) + distance)
  const change = before > 0 ? after / before - 1 : 1
  if (Math.abs(change) < MIN_CHANGE_SHARE / options.sensitivity) return undefined
  if (metric === DURATION && Math.abs(after - before) < MIN_CHANGE_SECS) return undefined
  const what = metric === DURATION ? 'took' : 'processed'
  return makeAnomaly(placeOf(row), {
    type: 'level_shift',
    metric: metric.name,
    detector: 'cusum',
    severity: severityOf({ ...judgement, z }, change, MIN_CHANGE_SHARE),
    description: `${nameOf(row)} ${what} about ${figure(after)} ${metric.unit} in its last ${SHIFT_RUNS} runs, compared with ${figure(before)} before; this is the new level`,
    nowMs,
    value: after,
    expected: before,
    z,
    // Five runs in a row are stronger evidence than each of them.
    score: scoreOfZ(z * Math.sqrt(SHIFT_RUNS)),
    ...baselineOf(judgement),
  })
}

function takeNewLevel(baseline: ValueBaseline, judgement: Judgement | undefined): void {
  const shift = judgement && shiftOf(baseline)
  if (shift) moveLevel(baseline, shift.distance)
}
