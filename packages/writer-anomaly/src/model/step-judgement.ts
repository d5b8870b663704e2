import type { Anomaly } from '@forge/writer-core'
import { dateOf } from '../baseline/calendar.ts'
import { isLikeWeekend, type Judgement } from '../baseline/judge.ts'
import { SHIFT_RUNS } from '../baseline/level-change.ts'
import type { ValueBaseline } from '../baseline/value-baseline.ts'
import type { RowFeedback } from '../feedback/feedback.ts'
import { STEP_FINDINGS } from '../findings/registry.ts'
import type { ErrorMemory, StepContext } from '../findings/step-finding.ts'
import { TREND_EVERY_RUNS } from '../findings/trend.ts'
import { SPREAD_EVERY_RUNS } from '../findings/variance-change.ts'
import type { StepRun } from '../series/step-run.ts'
import { judgementsOf } from './judgements.ts'
import { learnFigures, learnOutcome } from './learn-row.ts'
import type { ResolvedOptions } from './options.ts'
import { type Figures, figures as newFigures, type StepState } from './state.ts'

export interface RowContext {
  readonly state: StepState
  /** Of the pipeline, for what is borrowed from siblings. */
  readonly siblings: ReadonlyMap<string, StepState>
  readonly options: ResolvedOptions
  readonly feedback: RowFeedback | undefined
  /** What the clocks of the zone show when the run was due. */
  readonly timeMs: number
  /** Logarithm of the time since the run before, in usual ones. */
  readonly sinceLast: number
  readonly errors: ErrorMemory
  readonly nowMs: number
}

/** Findings about one row, how it was judged, and whether it looks like one of a weekend. The row is judged first and learned then. */
export function judgeRow(
  row: StepRun,
  context: RowContext,
): {
  found: Anomaly[]
  judgements: StepContext['judgements']
  isWeekendLike: boolean
} {
  const { state, siblings, options, feedback, errors, nowMs, timeMs, sinceLast } = context
  const isLearned = feedback === undefined || feedback.kind === 'expected'
  if (isLearned) learnOutcome(state, row)
  const figures = figuresOf(state, row.mode)
  const isQuietDay = options.holidays.size > 0 && options.holidays.has(dateOf(timeMs))
  const judgements = row.success
    ? judgementsOf(row, figures, { state, siblings, options, isQuietDay, timeMs, sinceLast })
    : {}
  const stepContext: StepContext = { row, state, figures, judgements, options, nowMs, errors }
  const found: Anomaly[] = []
  const isPlain = row.success && row.validationRate >= 90 && isNear(judgements)
  const ask = (isAfter: boolean) => {
    for (const finding of STEP_FINDINGS) {
      if ((finding.afterLearning ?? false) !== isAfter) continue
      const anomaly = finding.find(stepContext)
      if (anomaly) found.push(anomaly)
    }
  }
  // Nearly all rows are as they should be, and nothing is to be asked of them.
  if (!isPlain) ask(false)
  if (row.success && isLearned) {
    const isExpected = feedback?.kind === 'expected'
    learnFigures(row, figures, { options, isExpected, isQuietDay, timeMs, sinceLast, judgements })
    if (mayHaveChanged(figures)) ask(true)
  }
  return {
    found,
    judgements,
    isWeekendLike: [judgements.duration, judgements.rows].some((each) => each !== undefined && isLow(each)),
  }
}

/** Runs between two looks for a trend, and for a change of spread. */
const COURSE_EVERY = [TREND_EVERY_RUNS, SPREAD_EVERY_RUNS]

/** Whether a finding about several runs can be due: something lasts or repeats, or it is time to look at the course of the last weeks. */
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

/** Whether no figure is so far from what was expected that a finding could be made of it. */
function isNear({ duration, rows, validation, ratio }: StepContext['judgements']): boolean {
  return isNearOne(duration) && isNearOne(rows) && isNearOne(validation) && isNearOne(ratio)
}

function isNearOne(judgement: Judgement | undefined): boolean {
  return judgement === undefined || Math.abs(judgement.z) < Math.min(3, 0.9 * judgement.threshold)
}

/** Low as on a weekend, be it far or not. */
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
