import type { Anomaly } from '@forge/writer-core'
import { dateOf } from '../baseline/calendar.ts'
import type { FeedbackIndex } from '../feedback/feedback.ts'
import { coherence, coherentRun } from '../findings/run-coherence.ts'
import { runGap } from '../findings/run-gap.ts'
import { missingSteps, presence } from '../findings/run-steps.ts'
import type { StepRun } from '../series/step-run.ts'
import type { ResolvedOptions } from './options.ts'
import type { OpenRun, PipelineState } from './pipeline-state.ts'
import { dueRun, learnStart } from './schedule.ts'
import type { ModelMemory } from './serialize.ts'
import { settle } from './settle.ts'

/** What a model works with: its memory, how it judges, and what it has found in the call that is running. */
export interface Workings extends ModelMemory {
  readonly options: ResolvedOptions
  feedback: FeedbackIndex
  readonly found: Map<string, Anomaly>
  nowMs: number
}

const MOST_OPEN = 8
const MOST_CLOSED = 50

/** The run of a row. A new one ends those that had come to their end, and says whether it came when it was due. */
export function runOf(row: StepRun, state: PipelineState, work: Workings): OpenRun {
  const known = state.openRuns.get(row.runId)
  if (known) return known
  const startMs = row.runStartMs ?? row.timeMs
  closeEnded(row.pipeline, state, row.timeMs, work)
  const run: OpenRun = {
    runId: row.runId,
    startMs,
    lastMs: startMs,
    mode: row.mode,
    steps: new Set(),
    failedSteps: new Set(),
    hasRunRow: false,
    candidates: new Map(),
    weekendLike: new Set(),
    deviations: { duration: { z: [], ratios: [] }, rows: { z: [], ratios: [] } },
    given: new Map(),
  }
  state.openRuns.set(row.runId, run)
  if (state.closedRuns.includes(row.runId)) return run
  state.runs++
  const gap = gapUntil(row.pipeline, state, startMs, work)
  if (gap) run.candidates.set(gap.id, gap)
  learnStart(state.schedule, work.options.zone.localMs(startMs))
  return run
}

/** The gap before `untilMs`, where it is longer than it should be and no holiday explains it. */
export function gapUntil(
  pipeline: string,
  { schedule }: PipelineState,
  untilMs: number,
  work: Workings,
): Anomaly | undefined {
  const due = dueRun(schedule)
  const { holidays, zone } = work.options
  if (!due || (holidays.size > 0 && holidays.has(dateOf(due.expectedMs)))) return undefined
  const { lastMs, expectedMs, deadlineMs } = due
  const instants = {
    lastMs: zone.instantOf(lastMs),
    expectedMs: zone.instantOf(expectedMs),
    deadlineMs: zone.instantOf(deadlineMs),
  }
  return runGap(pipeline, { ...due, ...instants }, { untilMs, nowMs: work.nowMs })
}

/** Closes the runs whose last row had ended by `untilMs`, and the oldest where too many are open. */
export function closeEnded(pipeline: string, state: PipelineState, untilMs: number, work: Workings): void {
  for (const run of state.openRuns.values()) {
    if (run.lastMs <= untilMs || state.openRuns.size > MOST_OPEN) closeRun(pipeline, state, run, work)
  }
}

/** Says what the run lacks, and settles for good what was found in it. */
export function closeRun(pipeline: string, state: PipelineState, run: OpenRun, work: Workings): void {
  const known = state.presence.get(run.mode) ?? presence()
  state.presence.set(run.mode, known)
  const closed = {
    pipeline,
    runId: run.runId,
    startMs: run.startMs,
    steps: run.steps,
    failed: run.failedSteps.size > 0,
  }
  // A late row of a run that was closed before opens it again, but it is not the whole run.
  const missing = state.closedRuns.includes(run.runId) ? [] : missingSteps(known, closed, work.nowMs)
  for (const anomaly of missing) run.candidates.set(anomaly.id, anomaly)
  noteCoherence(pipeline, state, run, work)
  giveOut(pipeline, state, run, { isClosing: true, work })
  state.openRuns.delete(run.runId)
  state.closedRuns.push(run.runId)
  if (state.closedRuns.length > MOST_CLOSED) state.closedRuns.shift()
}

function noteCoherence(pipeline: string, state: PipelineState, run: OpenRun, { nowMs }: Workings): void {
  const known = state.coherence.get(run.mode) ?? coherence()
  state.coherence.set(run.mode, known)
  for (const metric of ['duration', 'rows'] as const) {
    const deviations = run.deviations[metric]
    const { runId, startMs } = run
    const found = coherentRun(known, metric, { pipeline, runId, startMs, deviations, nowMs })
    if (found) run.candidates.set(found.id, found)
  }
}

/** Adds to what the call has found whatever of the run is new or has changed. */
export function giveOut(
  pipeline: string,
  state: PipelineState,
  run: OpenRun,
  { isClosing, work }: { readonly isClosing: boolean; readonly work: Workings },
): void {
  if (run.candidates.size === 0) return
  const { options, feedback, nowMs, found } = work
  for (const anomaly of settle(state, run, { pipeline, options, feedback, nowMs, isClosing })) {
    const { detected_at: _, ...facts } = anomaly
    const text = JSON.stringify(facts)
    if (run.given.get(anomaly.id) === text) continue
    run.given.set(anomaly.id, text)
    found.set(anomaly.id, anomaly)
  }
}
