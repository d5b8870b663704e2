import type { Anomaly } from '@forge/writer-core'
import { DAY_MS } from '../baseline/calendar.ts'
import { isLikeWeekend, type Judgement, judge, READY_VALUES } from '../baseline/judge.ts'
import { DURATION, type Metric, ROWS, VALIDATION, WRITE_RATIO } from '../baseline/metric.ts'
import { medianOf, quantileIn } from '../baseline/sorted-window.ts'
import { zOfLogTail } from '../baseline/tails.ts'
import { learn, SHIFT_RUNS, type ValueBaseline } from '../baseline/value-baseline.ts'
import { logTail } from '../detectors/tail.ts'
import type { RowFeedback } from '../feedback/feedback.ts'
import { RECENT_OUTCOMES } from '../findings/failure-rate.ts'
import { STEP_FINDINGS } from '../findings/registry.ts'
import type { ErrorMemory, StepContext } from '../findings/step-finding.ts'
import { TREND_EVERY_RUNS } from '../findings/trend.ts'
import { SPREAD_EVERY_RUNS } from '../findings/variance-change.ts'
import type { StepRun } from '../series/step-run.ts'
import type { ResolvedOptions } from './options.ts'
import { type Figures, figures as newFigures, type StepState } from './state.ts'

/** z that an alarm needs in a pipeline of one step, at sensitivity 1 and full knowledge. */
const BASE_THRESHOLD = 4

export interface RowContext {
  readonly state: StepState
  /** Of the pipeline, for what is borrowed from siblings. */
  readonly siblings: ReadonlyMap<string, StepState>
  readonly options: ResolvedOptions
  readonly feedback: RowFeedback | undefined
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
  const { state, options, feedback, errors, nowMs } = context
  const isLearned = feedback === undefined || feedback.kind === 'expected'
  if (isLearned) learnOutcome(state, row)
  const figures = figuresOf(state, row.mode)
  const isQuietDay = options.holidays.has(new Date(seasonMs(row)).toISOString().slice(0, 10))
  const judgements = row.success ? judgementsOf(row, figures, { ...context, isQuietDay }) : {}
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
    learnFigures(row, figures, {
      window: options.window,
      isExpected: feedback?.kind === 'expected',
      isQuietDay,
      judgements,
    })
    if (mayHaveChanged(figures)) ask(true)
  }
  return {
    found,
    judgements,
    isWeekendLike: [judgements.duration, judgements.rows].some((each) => each !== undefined && isLow(each)),
  }
}

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

function judgementsOf(
  row: StepRun,
  figures: Figures,
  { options, siblings, state, isQuietDay }: RowContext & { readonly isQuietDay: boolean },
): StepContext['judgements'] {
  const threshold = thresholdFor(siblings.size) / options.sensitivity
  const ask = (key: keyof typeof SERIES, value: number, trials = 0): Judgement | undefined => {
    if (!isFigure(value)) return undefined
    const borrowedScale = () => siblingScale(siblings, { phase: state.phase, mode: row.mode, key })
    return judge(figures[key], SERIES[key], { timeMs: seasonMs(row), value, trials, threshold, borrowedScale })
  }
  const found: { -readonly [Key in keyof StepContext['judgements']]: StepContext['judgements'][Key] } = {}
  const put = (key: keyof typeof SERIES, value: number, trials?: number) => {
    const judgement = ask(key, value, trials)
    if (judgement) found[key] = judgement
  }
  if (!isQuietDay) {
    put('duration', row.durationSecs)
    put('rows', row.rows)
  }
  if (row.validationRate <= 100) put('validation', row.validationRate, trialsOf(row))
  const ratio = ratioOf(row)
  if (ratio !== undefined) put('ratio', ratio, trialsOf(row))
  return found
}

/**
 * z that an alarm needs, by the steps of a pipeline: a run with many figures has many chances to err, and people are called per run. One step
 * needs 4, twenty 4.7.
 */
function thresholdFor(steps: number): number {
  const known = thresholds.get(steps)
  if (known !== undefined) return known
  const threshold = zOfLogTail(logTail(BASE_THRESHOLD) - Math.log10(Math.max(1, steps)))
  thresholds.set(steps, threshold)
  return threshold
}

/** Runs between two looks for a trend, and for a change of spread. */
const COURSE_EVERY = [TREND_EVERY_RUNS, SPREAD_EVERY_RUNS]

const thresholds = new Map<number, number>()

const SERIES = {
  duration: DURATION,
  rows: ROWS,
  validation: VALIDATION,
  ratio: WRITE_RATIO,
} as const satisfies Record<string, Metric>

/** All steps of a run belong to the hour and day in which it started, however long those before them took. */
function seasonMs({ runStartMs, timeMs }: StepRun): number {
  return runStartMs !== null && runStartMs <= timeMs && timeMs - runStartMs < DAY_MS ? runStartMs : timeMs
}

/** Figures that are none - NaN, infinite, negative - are neither judged nor learned. */
function isFigure(value: number): boolean {
  return Number.isFinite(value) && value >= 0
}

function trialsOf({ rows }: StepRun): number {
  return isFigure(rows) ? rows : 0
}

function ratioOf({ rows, rowsWritten }: StepRun): number | undefined {
  return rowsWritten !== null && isFigure(rows) && rows > 0 ? rowsWritten / rows : undefined
}

function learnFigures(
  row: StepRun,
  figures: Figures,
  {
    window,
    isExpected,
    isQuietDay,
    judgements,
  }: {
    readonly window: ResolvedOptions['window']
    readonly isExpected: boolean
    readonly isQuietDay: boolean
    readonly judgements: StepContext['judgements']
  },
): void {
  const lesson = (key: keyof typeof SERIES, value: number, trials = 0) => {
    if (!isFigure(value)) return
    learn(figures[key], SERIES[key], {
      timeMs: seasonMs(row),
      value,
      runId: row.runId,
      isExpected,
      trials,
      window,
      expected: judgements[key]?.known,
    })
  }
  if (!isQuietDay) lesson('duration', row.durationSecs)
  if (isFigure(row.rows) && !isQuietDay) {
    learnRepeat(figures, row)
    figures.hadRows.push(row.rows > 0)
    if (figures.hadRows.length > 7) figures.hadRows.shift()
  }
  if (!isQuietDay) lesson('rows', row.rows)
  if (row.validationRate <= 100) lesson('validation', row.validationRate, trialsOf(row))
  const ratio = ratioOf(row)
  if (ratio !== undefined) lesson('ratio', ratio, trialsOf(row))
}

function learnRepeat({ repeat, rows }: Figures, row: StepRun): void {
  if (rows.lastRun === row.runId && row.runId !== '') return
  const isSame = row.rows === repeat.value
  repeat.streak = isSame ? repeat.streak + 1 : 1
  repeat.value = row.rows
  repeat.values++
  if (isSame) repeat.repeats++
}

/** A run counts by its last attempt: a retry that succeeds takes the failure back. */
function learnOutcome({ outcomes }: StepState, { success, runId }: StepRun): void {
  const { recent } = outcomes
  if (runId !== '' && runId === outcomes.lastRun) {
    const before = recent.pop()
    outcomes.runs--
    if (before) outcomes.failures--
  }
  outcomes.runs++
  if (!success) outcomes.failures++
  recent.push(!success)
  if (recent.length > RECENT_OUTCOMES) recent.shift()
  outcomes.streak = success
    ? 0
    : runId !== '' && runId === outcomes.lastRun
      ? Math.max(1, outcomes.streak)
      : outcomes.streak + 1
  outcomes.lastRun = runId
}

/** Usual spread of the steps beside this one: what is assumed of a step of which little is known. */
function siblingScale(
  siblings: ReadonlyMap<string, StepState>,
  { phase, mode, key }: { readonly phase: string; readonly mode: string; readonly key: keyof typeof SERIES },
): number {
  const scales: number[] = []
  for (const sibling of siblings.values()) {
    const baseline = sibling.phase === phase ? sibling.figures.get(mode)?.[key] : undefined
    if (baseline && baseline.count >= READY_VALUES) scales.push(spreadOf(baseline))
  }
  return scales.length === 0 ? 0 : medianOf(scales)
}

function spreadOf({ errors }: ValueBaseline): number {
  return 1.4826 * quantileIn(errors.sorted, 0.5)
}
