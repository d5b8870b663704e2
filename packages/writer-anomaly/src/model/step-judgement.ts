import type { Anomaly } from '@forge/writer-core'
import { dateOf } from '../baseline/calendar.ts'
import { isLikeWeekend, type Judgement } from '../baseline/judge.ts'
import { SHIFT_RUNS } from '../baseline/level-change.ts'
import { type Figures, figures as newFigures, type StepState } from '../baseline/step-state.ts'
import type { ValueBaseline } from '../baseline/value-baseline.ts'
import type { RowFeedback } from '../feedback/feedback.ts'
import { STEP_FINDINGS } from '../findings/registry.ts'
import type { ErrorMemory, StepContext } from '../findings/step-finding.ts'
import { TREND_EVERY_RUNS } from '../findings/trend.ts'
import { SPREAD_EVERY_RUNS } from '../findings/variance-change.ts'
import type { ResolvedOptions } from '../options/anomaly-options.ts'
import type { StepRun } from '../series/step-run.ts'
import { judgementsOf } from './judgements.ts'
import { learnFigures, learnOutcome } from './learn-row.ts'

export interface RowContext {
  readonly state: StepState
  /** The steps of the pipeline, from which a new step borrows its spread. */
  readonly siblings: ReadonlyMap<string, StepState>
  readonly options: ResolvedOptions
  readonly feedback: RowFeedback | undefined
  /** The time that the clocks of the zone show when the run was due. */
  readonly timeMs: number
  /** An instant of the day that it belongs to by the pipeline's own days. */
  readonly dayMs: number
  /** The logarithm of the time since the run before, in usual intervals. */
  readonly sinceLast: number
  readonly errors: ErrorMemory
  readonly nowMs: number
  readonly observe: ((context: StepContext) => void) | undefined
}

/** Returns the findings about one row, its judgements, and whether it looks like a row of a weekend. The row is first judged and then learned. */
export function judgeRow(
  row: StepRun,
  context: RowContext,
): {
  found: Anomaly[]
  judgements: StepContext['judgements']
  isWeekendLike: boolean
} {
  const { state, siblings, options, feedback, errors, nowMs, timeMs, dayMs, sinceLast, observe } = context
  const isLearned = feedback === undefined || feedback.kind === 'expected'
  if (isLearned) learnOutcome(state, row)
  const figures = figuresOf(state, row.mode)
  const isQuietDay = options.holidays.size > 0 && options.holidays.has(dateOf(timeMs))
  const judgements = row.success
    ? judgementsOf(row, figures, { state, siblings, options, isQuietDay, timeMs, dayMs, sinceLast })
    : {}
  const stepContext: StepContext = { row, state, figures, judgements, options, nowMs, errors }
  observe?.(stepContext)
  const found: Anomaly[] = []
  const isPlain = row.success && row.validationRate >= 90 && isNear(judgements)
  const ask = (isAfter: boolean) => {
    for (const finding of STEP_FINDINGS) {
      if ((finding.afterLearning ?? false) !== isAfter) continue
      const anomaly = finding.find(stepContext)
      if (anomaly) found.push(anomaly)
      finding.learn?.(stepContext, anomaly)
    }
  }
  // Nearly all rows are unremarkable, and need no call of a finding.
  if (!isPlain) ask(false)
  if (row.success && isLearned) {
    const isExpected = feedback?.kind === 'expected'
    learnFigures(row, figures, { options, isExpected, isQuietDay, timeMs, dayMs, sinceLast, judgements })
    if (mayHaveChanged(figures)) ask(true)
  }
  return {
    found,
    judgements,
    isWeekendLike: [judgements.duration, judgements.rows].some((each) => each !== undefined && isLow(each)),
  }
}

/** The numbers of runs between two tests for a trend, and for a change of spread. */
const COURSE_EVERY = [TREND_EVERY_RUNS, SPREAD_EVERY_RUNS]

/** Returns whether a finding about several runs can be due: something lasts or repeats, or a test of the last weeks is due. */
function mayHaveChanged({ duration, rows, repeat }: Figures): boolean {
  const isShifting = ({ side }: ValueBaseline) => side.sinceMs !== 0 && side.runs >= SHIFT_RUNS
  const isLook = (count: number) => COURSE_EVERY.some((runs) => count % runs === 0)
  return (
    isShifting(duration) ||
    isShifting(rows) ||
    isLook(duration.count) ||
    isLook(rows.count) ||
    repeat.streak >= SHIFT_RUNS
  )
}

/** Returns whether all figures are too close to what was expected for any finding. */
function isNear({ duration, rows, validation, ratio }: StepContext['judgements']): boolean {
  return isNearOne(duration) && isNearOne(rows) && isNearOne(validation) && isNearOne(ratio)
}

function isNearOne(judgement: Judgement | undefined): boolean {
  if (judgement === undefined) return true
  return judgement.burst?.isBurst !== true && Math.abs(judgement.z) < Math.min(3, 0.9 * judgement.threshold)
}

/** Returns whether the value is as low as on a weekend, whether far out or not. */
function isLow(judgement: Judgement): boolean {
  return judgement.z < -1.5 && isLikeWeekend(judgement)
}

function figuresOf(state: StepState, mode: string): Figures {
  const known = state.figures.get(mode)
  if (known) return known
  const made = newFigures()
  state.figures.set(mode, made)
  return made
}
