import type { Anomaly } from '@forge/writer-core'
import { HOUR_MS } from '../baseline/calendar.ts'
import { type Feedback, feedbackIndex } from '../feedback/feedback.ts'
import type { ErrorMemory } from '../findings/step-finding.ts'
import { compareStepRuns, type StepRun } from '../series/step-run.ts'
import { type AnomalyOptions, resolveOptions } from './options.ts'
import type { OpenRun } from './pipeline-state.ts'
import { openGap, settledGaps } from './run-gaps.ts'
import { closeIdle, closeRun, giveOut, isComplete, type Workings } from './run-tracking.ts'
import { restoreModel, type SavedModel, saveModel } from './serialize.ts'
import { takeRow } from './take-row.ts'

/** What is known of every series of a log, and judges what comes next. Never looks ahead; the same rows give the same findings. */
export interface AnomalyModel {
  /**
   * Judges rows by those that came before, then learns them. Gives what is new, and again what has changed: a finding may get graver, or be
   * silenced by its cause. `nowMs` is when they are found. With `more`, what follows belongs to the same rows: nothing is said yet of runs that may
   * go on. With `knowsErrors`, what their errors were is known already.
   */
  update(rows: readonly StepRun[], nowMs: number, options?: UpdateOptions): Anomaly[]
  /** What did not happen until now: runs that are overdue, steps that a finished run lacks. */
  evaluate(nowMs: number): Anomaly[]
  /** Forgets a pipeline, so that its history can be given anew. */
  forget(pipeline: string): void
  /** Takes over which errors the whole log has shown, in place of those of the rows that were given. */
  setErrors(errors: ErrorMemory): void
  /** Time of the newest row of a pipeline, in milliseconds; undefined where there is none. */
  newestMs(pipeline: string): number | undefined
  /** What people say from now on. */
  setFeedback(feedback: readonly Feedback[]): void
  /** A copy of all that is known, as JSON; a model made from it goes on as if nothing had happened. */
  save(): SavedModel
  /** Runs that were seen. */
  readonly runs: number
  /** Steps of pipelines that are known. */
  readonly series: number
}

export interface UpdateOptions {
  readonly more?: boolean | undefined
  readonly knowsErrors?: boolean | undefined
}

export interface ModelOptions extends AnomalyOptions {
  /** What people said of earlier findings and times. */
  readonly feedback?: readonly Feedback[]
}

/** By how much the clock of whoever wrote a row may be ahead of ours. */
const AHEAD_MS = HOUR_MS

/** Makes a model, new or from what {@link AnomalyModel.save} gave. Throws WriterConfigurationError for a wrong option or the state of another version or time zone. */
export function anomalyModel({ feedback = [], ...options }: ModelOptions = {}, saved?: SavedModel): AnomalyModel {
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
  }
  const touched = new Map<OpenRun, string>()
  return {
    update(rows, nowMs, { more = false, knowsErrors = false } = {}) {
      work.nowMs = nowMs
      work.learnsErrors = !knowsErrors
      const bounded = more ? rows : withinClock(rows, nowMs, work)
      for (const row of isSorted(bounded) ? bounded : [...bounded].sort(compareStepRuns)) {
        touched.set(takeRow(row, work), row.pipeline)
      }
      for (const [run, pipeline] of touched) {
        // Of a long history only the runs that are open are held.
        if (!isOpen(run, pipeline, work) || !more) touched.delete(run)
        if (!more) settleTouched(run, pipeline, work)
      }
      return taken(work)
    },
    evaluate(nowMs) {
      work.nowMs = nowMs
      for (const pipeline of work.pipelines.keys()) evaluatePipeline(pipeline, work)
      silenceTogether(work)
      return taken(work)
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
 * Rows that are just written cannot have started later: a time that is ahead of the clock, which itself is not behind what is known, is that of the
 * writing.
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

/** Whether the row claims to have started later than the clock can be wrong. */
export function isAhead({ timeMs, runStartMs }: StepRun, nowMs: number): boolean {
  return Math.max(timeMs, runStartMs ?? timeMs) > nowMs + AHEAD_MS
}

/** A run of which all has come is settled at once; of others more may come. */
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
    const by = work.feedback.silences(each) ?? each.suppressed_by
    work.found.set(each.id, by === undefined ? each : { ...each, suppressed_by: by })
  }
}

/** Time within which runs that do not come are taken to have one cause. */
const TOGETHER_MS = 24 * HOUR_MS
/** Pipelines of which each is told. */
const TOLD_ALONE = 3

/** Where the runs of many pipelines do not come, be it an outage or a holiday, people are told of the first, and of the others beneath it. */
function silenceTogether({ found, overdue, nowMs }: Workings): void {
  while (overdue.length > 0 && (overdue[0]?.toldMs ?? 0) < nowMs - TOGETHER_MS) overdue.shift()
  for (const gap of found.values()) {
    if (gap.run_id !== null || gap.metric !== 'interval_secs' || gap.suppressed_by !== undefined) continue
    const known = overdue.find(({ pipeline }) => pipeline === gap.pipeline)
    const [first] = overdue
    if (!known) overdue.push({ pipeline: gap.pipeline, id: gap.id, toldMs: nowMs })
    const isBeneath = first && overdue.findIndex(({ pipeline }) => pipeline === gap.pipeline) >= TOLD_ALONE
    if (isBeneath) found.set(gap.id, { ...gap, suppressed_by: first.id })
  }
}

/** What the call has found, oldest first. */
function taken({ found }: Workings): Anomaly[] {
  const all = [...found.values()].sort((a, b) => compareText(a.occurred_at, b.occurred_at) || compareText(a.id, b.id))
  found.clear()
  return all
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function isSorted(rows: readonly StepRun[]): boolean {
  for (let at = 1; at < rows.length; at++) {
    const [before, after] = [rows[at - 1], rows[at]]
    if (before && after && compareStepRuns(before, after) > 0) return false
  }
  return true
}
