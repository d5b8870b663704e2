import type { Anomaly } from '@forge/writer-core'
import { assertOptions, HOUR_MS, option } from '@forge/writer-core/storage'
import { type ExpectedPoint, expectedPoints } from '../expected/expected-point.ts'
import { type Feedback, feedbackIndex } from '../feedback/feedback.ts'
import type { ErrorMemory } from '../findings/step-finding.ts'
import { type AnomalyOptions, resolveOptions } from '../options/anomaly-options.ts'
import { assertDetectionOptions } from '../options/check-options.ts'
import { compareStepRuns, compareText, type StepRun } from '../series/step-run.ts'
import type { OpenRun } from './pipeline-state.ts'
import { openGap, settledGaps } from './run-gaps.ts'
import { closeIdle, closeRun, giveOut, isComplete } from './run-tracking.ts'
import { restoreModel, type SavedModel, saveModel } from './serialize.ts'
import { takeRow } from './take-row.ts'
import type { Workings } from './workings.ts'

/** A model of all series of a log, which judges the rows that come next. It never looks ahead; the same rows give the same findings. */
export interface AnomalyModel {
  /**
   * Judges rows by the rows before them, then learns them. Returns new findings, and those that have changed: a finding may become more severe, or be
   * suppressed by its cause. `nowMs` is the time of detection. With `more`, further rows of the same runs follow, so that runs which may continue are
   * not reported yet. With `knowsErrors`, the errors of the rows are known already.
   */
  update(rows: readonly StepRun[], nowMs: number, options?: UpdateOptions): Anomaly[]
  /** Finds what is missing by now: overdue runs, and steps that a finished run lacks. */
  evaluate(nowMs: number): Anomaly[]
  /** Forgets a pipeline, so that its history can be learned again. */
  forget(pipeline: string): void
  /** Replaces the errors that the model has learned by those of the whole log. */
  setErrors(errors: ErrorMemory): void
  /** Returns the time of the newest row of a pipeline, in milliseconds; undefined before its first row. */
  newestMs(pipeline: string): number | undefined
  /** Replaces the feedback. */
  setFeedback(feedback: readonly Feedback[]): void
  /** Returns a copy of the memory as JSON; a model created from it continues as if nothing had happened. */
  save(): SavedModel
  /** The number of runs. */
  readonly runs: number
  /** The number of steps. */
  readonly series: number
}

export interface UpdateOptions {
  readonly more?: boolean | undefined
  readonly knowsErrors?: boolean | undefined
  /** Receives the expected values of the figures of the rows, whether they are findings or not. Default: no receiver. */
  readonly expectations?: ExpectationOptions | undefined
}

export interface ExpectationOptions {
  onExpected(point: ExpectedPoint): void
  /** Chooses the points: of which rows, and of which of their figures. Default: all. */
  readonly wants?: ((row: StepRun, metric: ExpectedPoint['metric']) => boolean) | undefined
}

export interface ModelOptions extends AnomalyOptions {
  /** The feedback on earlier anomalies and times. Default: none. */
  readonly feedback?: readonly Feedback[] | undefined
}

/** The maximum time by which the clock of a writer may be ahead of ours. */
const AHEAD_MS = HOUR_MS

/**
 * Creates a model, new or from the result of {@link AnomalyModel.save}. Throws WriterConfigurationError for an invalid option, or for the state of
 * another version or time zone.
 */
export function anomalyModel(given: ModelOptions = {}, saved?: SavedModel): AnomalyModel {
  assertDetectionOptions('anomalyModel', given, { feedback: option.list(option.object) })
  const { feedback = [], ...options } = given
  const resolved = resolveOptions(options)
  const work: Workings = {
    ...(saved
      ? restoreModel(saved, resolved.timeZone)
      : { pipelines: new Map(), errors: { rows: 0, firstMs: null, kinds: new Map() }, overdue: [] }),
    options: resolved,
    feedback: feedbackIndex(feedback),
    found: new Map(),
    nowMs: 0,
    learnsErrors: true,
    observe: undefined,
  }
  const touched = new Map<OpenRun, string>()
  return {
    update(rows, nowMs, asked = {}) {
      assertOptions('update', asked, { more: option.flag, knowsErrors: option.flag, expectations: option.any })
      const { more = false, knowsErrors = false, expectations } = asked
      work.nowMs = nowMs
      work.observe = expectations && observerOf(expectations)
      work.learnsErrors = !knowsErrors
      const bounded = more ? rows : withinClock(rows, nowMs, work)
      for (const row of isSorted(bounded) ? bounded : [...bounded].sort(compareStepRuns)) {
        touched.set(takeRow(row, work), row.pipeline)
      }
      for (const [run, pipeline] of touched) {
        // Only the open runs of a long history are held in memory.
        if (!isOpen(run, pipeline, work) || !more) touched.delete(run)
        if (!more) settleTouched(run, pipeline, work)
      }
      return takeFindings(work)
    },
    evaluate(nowMs) {
      work.nowMs = nowMs
      for (const pipeline of work.pipelines.keys()) evaluatePipeline(pipeline, work)
      silenceTogether(work)
      return takeFindings(work)
    },
    forget: (pipeline) => void work.pipelines.delete(pipeline),
    newestMs: (pipeline) => work.pipelines.get(pipeline)?.newestMs,
    setErrors(errors) {
      Object.assign(work.errors, errors)
    },
    setFeedback(entries) {
      work.feedback = feedbackIndex(entries)
    },
    save: () => saveModel(work, resolved.timeZone),
    get runs() {
      return [...work.pipelines.values()].reduce((sum, { runs }) => sum + runs, 0)
    },
    get series() {
      return [...work.pipelines.values()].reduce((sum, { steps }) => sum + steps.size, 0)
    },
  }
}

/**
 * Returns the rows with a possible start: a row that was just written cannot start later, so a start ahead of the clock is replaced by the time of
 * writing, unless the clock is behind what is known.
 */
function withinClock(rows: readonly StepRun[], nowMs: number, { pipelines }: Workings): readonly StepRun[] {
  if (!rows.some((row) => isAhead(row, nowMs))) return rows
  let newestMs = Number.NEGATIVE_INFINITY
  for (const state of pipelines.values()) newestMs = Math.max(newestMs, state.newestMs)
  if (!Number.isFinite(newestMs) || nowMs < newestMs) return rows
  return rows.map((row) => {
    if (!isAhead(row, nowMs)) return row
    return { ...row, timeMs: nowMs, runStartMs: row.runStartMs === null ? null : Math.min(row.runStartMs, nowMs) }
  })
}

/** Returns whether the start of a row is later than a wrong clock explains. */
export function isAhead({ timeMs, runStartMs }: StepRun, nowMs: number): boolean {
  return Math.max(timeMs, runStartMs ?? timeMs) > nowMs + AHEAD_MS
}

function observerOf({ onExpected, wants }: ExpectationOptions): Workings['observe'] {
  return (context) => {
    const isWanted = (metric: ExpectedPoint['metric']) => wants?.(context.row, metric) ?? true
    for (const point of expectedPoints(context, isWanted)) onExpected(point)
  }
}

/** Settles a run of which all rows have come; of other runs, more may follow. */
function settleTouched(run: OpenRun, pipeline: string, work: Workings): void {
  const state = work.pipelines.get(pipeline)
  if (!state || !isOpen(run, pipeline, work)) return
  if (isComplete(state, run, work)) closeRun(pipeline, state, run, work)
  else giveOut(pipeline, state, run, { isClosing: false, work })
}

function isOpen(run: OpenRun, pipeline: string, { pipelines }: Workings): boolean {
  return pipelines.get(pipeline)?.openRuns.get(run.runId) === run
}

function evaluatePipeline(pipeline: string, work: Workings): void {
  const state = work.pipelines.get(pipeline)
  if (!state) return
  closeIdle(pipeline, state, work)
  const gap = openGap(pipeline, state, work)
  for (const each of [...settledGaps(pipeline, state, work), ...(gap ? [gap] : [])]) {
    if (!work.options.types.has(each.type)) continue
    const by = work.feedback.silences(each) ?? each.suppressedBy
    work.found.set(each.id, by === undefined ? each : { ...each, suppressedBy: by })
  }
}

/** The time within which missing runs are assumed to have one cause. */
const TOGETHER_MS = 24 * HOUR_MS
/** The number of pipelines that are reported on their own. */
const MAX_REPORTED_ALONE = 2

/** Suppresses the missing runs of all but the first pipelines if the runs of many do not come, be it because of an outage or a holiday. */
function silenceTogether({ found, overdue, nowMs }: Workings): void {
  while (overdue.length > 0 && (overdue[0]?.reportedMs ?? 0) < nowMs - TOGETHER_MS) overdue.shift()
  for (const gap of found.values()) {
    if (gap.runId !== null || gap.metric !== 'interval_secs' || gap.suppressedBy !== undefined) continue
    const known = overdue.find(({ pipeline }) => pipeline === gap.pipeline)
    const [first] = overdue
    if (!known) overdue.push({ pipeline: gap.pipeline, id: gap.id, reportedMs: nowMs })
    const isBeneath = first && overdue.findIndex(({ pipeline }) => pipeline === gap.pipeline) >= MAX_REPORTED_ALONE
    if (isBeneath) found.set(gap.id, { ...gap, suppressedBy: first.id })
  }
}

/** Returns the findings of the call, oldest first. */
function takeFindings({ found }: Workings): Anomaly[] {
  const all = [...found.values()].sort((a, b) => compareText(a.occurredAt, b.occurredAt) || compareText(a.id, b.id))
  found.clear()
  return all
}

function isSorted(rows: readonly StepRun[]): boolean {
  for (let at = 1; at < rows.length; at++) {
    const [before, after] = [rows[at - 1], rows[at]]
    if (before && after && compareStepRuns(before, after) > 0) return false
  }
  return true
}
