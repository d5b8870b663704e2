import type { Anomaly } from '@forge/writer-core'
import { HOUR_MS } from '../baseline/calendar.ts'
import { isNewPhase as isNewPhaseOf } from '../baseline/familiarity.ts'
import type { FeedbackIndex } from '../feedback/feedback.ts'
import { coherence, coherentRun } from '../findings/run-coherence.ts'
import { dueSteps, missingSteps, type Presence, presence } from '../findings/run-steps.ts'
import type { StepRun } from '../series/step-run.ts'
import { noteArrival, noteSpan, usualDelay, usualSpan } from './arrivals.ts'
import type { ResolvedOptions } from './options.ts'
import type { OpenRun, PipelineState } from './pipeline-state.ts'
import { gapBefore, settledGaps } from './run-gaps.ts'
import { learnStart, sinceLastRun } from './schedule.ts'
import type { ModelMemory } from './serialize.ts'
import { settle } from './settle.ts'
import { slotGrid } from './slot-grid.ts'

/** What a model works with: its memory, how it judges, and what it has found in the call that is running. */
export interface Workings extends ModelMemory {
  readonly options: ResolvedOptions
  feedback: FeedbackIndex
  readonly found: Map<string, Anomaly>
  nowMs: number
  /** Whether errors of the rows are learned, which otherwise are known. */
  learnsErrors: boolean
}

/** A backfill may have many runs under way. */
const MAX_OPEN = 64
const MAX_CLOSED = 200
/** Time without rows after which a run is over, at least and as a share of its usual span. */
const MIN_QUIET_MS = 10 * 60_000
const QUIET_SHARE = 0.5
/** Runs between two looks at the slots of a schedule. */
const GRID_EVERY_RUNS = 10
/** Time without rows after which nothing more of a run is awaited, where nothing is known of how long runs last. */
const IDLE_MS = 6 * HOUR_MS

/** The run of a row. A new one ends those that had come to their end, and says whether it came when it was due. */
export function runOf(row: StepRun, state: PipelineState, work: Workings): OpenRun {
  const known = state.openRuns.get(row.runId)
  if (known) return known
  const startMs = row.runStartMs ?? row.timeMs
  closeEnded(row.pipeline, state, { clockMs: row.timeMs, work })
  const run: OpenRun = {
    runId: row.runId,
    startMs,
    lastMs: startMs,
    seenMs: startMs,
    mode: row.mode,
    sinceLast: sinceLastRun(state.schedule, startMs, work.options.rules),
    steps: new Set(),
    failedSteps: new Set(),
    hasRunRow: false,
    candidates: new Map(),
    weekendLike: new Set(),
    deviations: { duration: { z: [], ratios: [] }, rows: { z: [], ratios: [] } },
    given: new Map(),
  }
  state.openRuns.set(row.runId, run)
  if (state.closedRuns.includes(row.runId)) {
    if (row.phase !== 'pipeline') state.endsWithRunRow = false
    return run
  }
  state.runs++
  noteArrival(state.arrivals, { startMs, atMs: row.writtenMs ?? work.nowMs })
  const gap = gapBefore(row.pipeline, state, startMs, work)
  if (gap) run.candidates.set(gap.id, gap)
  learnStart(state.schedule, startMs, work.options.rules)
  if (state.runs - (state.grid?.runs ?? 0) >= GRID_EVERY_RUNS) {
    state.grid = slotGrid(state.schedule.starts, state.runs, state.grid)
  }
  for (const each of settledGaps(row.pipeline, state, work)) run.candidates.set(each.id, each)
  return run
}

/** Closes the runs that are over by `clockMs`, and the oldest where too many are open. */
function closeEnded(
  pipeline: string,
  state: PipelineState,
  { clockMs, idleMs = 0, work }: { readonly clockMs: number; readonly idleMs?: number; readonly work: Workings },
): void {
  if (state.openRuns.size === 0) return
  const spanMs = usualSpan(state.arrivals)
  const delayMs = usualDelay(state.arrivals) ?? idleMs
  for (const run of state.openRuns.values()) {
    const usualMs = spanMs === undefined ? run.lastMs + idleMs : run.startMs + spanMs + delayMs
    // One that is slow today, or comes late, goes on while its rows do.
    const quietMs = run.seenMs + Math.max(MIN_QUIET_MS, QUIET_SHARE * (spanMs ?? 0))
    const overMs = Math.max(run.lastMs, usualMs, quietMs)
    if (overMs <= clockMs) closeRun(pipeline, state, run, work)
    else if (state.openRuns.size > MAX_OPEN) closeRun(pipeline, state, run, work, false)
  }
}

/** Closes the runs that no row is awaited of any more, now that no row says how late it is. */
export function closeIdle(pipeline: string, state: PipelineState, work: Workings): void {
  closeEnded(pipeline, state, { clockMs: work.nowMs, idleMs: IDLE_MS, work })
}

/** Whether all steps that are due in the run have come, or the row that always is the last. */
export function isComplete(state: PipelineState, run: OpenRun, { options: { zone } }: Workings): boolean {
  if (run.hasRunRow && state.endsWithRunRow) return true
  if (run.failedSteps.size > 0) return false
  const due = dueSteps(presenceOf(state, run.mode), zone.localMs(run.startMs))
  return due.length > 0 && due.every(({ key }) => run.steps.has(key))
}

/** Says what the run lacks, and settles for good what was found in it. */
export function closeRun(pipeline: string, state: PipelineState, run: OpenRun, work: Workings, isOver = true): void {
  const { zone } = work.options
  const { runId, startMs, steps } = run
  const failed = run.failedSteps.size > 0
  // A late row of a run that was closed before opens it again, but it is not the whole run.
  if (isOver && !state.closedRuns.includes(runId)) {
    const closed = { pipeline, runId, startMs, localMs: zone.localMs(startMs), steps, failed }
    for (const anomaly of missingSteps(presenceOf(state, run.mode), closed, work.nowMs)) {
      run.candidates.set(anomaly.id, anomaly)
    }
    if (!failed) noteSpan(state.arrivals, run.lastMs - startMs)
  }
  noteCoherence(pipeline, state, run, work)
  giveOut(pipeline, state, run, { isClosing: true, work })
  state.openRuns.delete(runId)
  state.closedRuns.push(runId)
  if (state.closedRuns.length > MAX_CLOSED) state.closedRuns.shift()
}

function presenceOf(state: PipelineState, mode: string): Presence {
  const known = state.presence.get(mode) ?? presence()
  state.presence.set(mode, known)
  return known
}

function noteCoherence(pipeline: string, state: PipelineState, run: OpenRun, { nowMs, options }: Workings): void {
  const isNewPhase = isNewPhaseOf({ firstMs: options.zone.localMs(state.firstMs) }, options.zone.localMs(run.startMs))
  const known = state.coherence.get(run.mode) ?? coherence()
  state.coherence.set(run.mode, known)
  for (const metric of ['duration', 'rows'] as const) {
    const deviations = run.deviations[metric]
    const { runId, startMs } = run
    const found = coherentRun(known, metric, { pipeline, runId, startMs, deviations, isNewPhase, nowMs })
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
