import { HOUR_MS } from '@forge/writer-core/storage'
import { isNewPhase as isNewPhaseOf } from '../baseline/familiarity.ts'
import { coherence, coherentRun } from '../findings/run-coherence.ts'
import { dueSteps, missingSteps, type Presence, presence } from '../findings/run-steps.ts'
import { noteArrival, noteSpan, usualDelay, usualSpan } from '../schedule/arrivals.ts'
import { learnStart } from '../schedule/schedule.ts'
import { sinceLastRun } from '../schedule/since-last-run.ts'
import { slotGrid } from '../schedule/slot-grid.ts'
import { keyOf, type StepRun } from '../series/step-run.ts'
import type { OpenRun, PipelineState } from './pipeline-state.ts'
import { gapBefore, settledGaps } from './run-gaps.ts'
import { settle } from './settle.ts'
import type { Workings } from './workings.ts'

/** The maximum number of open runs: a backfill may have many. */
const MAX_OPEN = 64
const MAX_CLOSED = 200
/** The time without rows after which a run is over: a minimum, and a share of its usual span. */
const MIN_QUIET_MS = 10 * 60_000
const QUIET_SHARE = 0.5
/** The number of runs between two searches for the slots of a schedule. */
const GRID_EVERY_RUNS = 10
/** The time without rows after which a run is over, if the usual span of runs is unknown. */
const IDLE_MS = 6 * HOUR_MS

/** The factor by which a late step may be later the next time, and the maximum time to wait for one. */
const LATER = 1.2
const MAX_WAIT_MS = 12 * HOUR_MS

/** Returns the run of a row. A new run closes those that are over, and reports whether it came when it was due. */
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
    noteLateStep(state, row, work)
    return run
  }
  state.runs++
  noteArrival(state.arrivals, { startMs, atMs: row.writtenMs ?? work.nowMs })
  const gap = gapBefore(row.pipeline, state, startMs, work)
  if (gap) run.candidates.set(gap.id, gap)
  learnStart(state.schedule, startMs, work.options.rules)
  if (state.runs - (state.grid?.runs ?? 0) >= GRID_EVERY_RUNS && state.runs % GRID_EVERY_RUNS === 0) {
    state.grid = slotGrid(state.schedule.starts, state.runs, state.grid)
    state.dayStart = commonDayStart(state)
  }
  for (const each of settledGaps(row.pipeline, state, work)) run.candidates.set(each.id, each)
  return run
}

/** Notes that a row of a step came after its run was assumed to be over. The next run is assumed to be over later. */
function noteLateStep({ lateSteps }: PipelineState, row: StepRun, { nowMs }: Workings): void {
  const { runStartMs, timeMs, durationSecs } = row
  if (runStartMs === null) return
  const endMs = timeMs + (durationSecs > 0 ? durationSecs * 1000 : 0)
  const lateMs = Math.max(endMs, row.writtenMs ?? nowMs) - runStartMs
  const key = keyOf(row)
  if (lateMs <= MAX_WAIT_MS) lateSteps.set(key, Math.max(lateSteps.get(key) ?? 0, lateMs))
}

/** Returns the time until which a run waits for the steps that it lacks and that have come late before. */
function waitsUntil({ lateSteps, presence: known }: PipelineState, { steps, startMs, mode }: OpenRun): number {
  let untilMs = 0
  for (const [key, lateMs] of lateSteps) {
    const isAwaited = !steps.has(key) && !known.get(mode)?.absent.has(key)
    if (isAwaited) untilMs = Math.max(untilMs, startMs + LATER * lateMs)
  }
  return untilMs
}

/** Returns the hour at which days begin in most of the seasons of the steps that know weekdays. */
function commonDayStart({ steps, dayStart }: PipelineState): number {
  const votes = new Map<number, number>()
  for (const { figures } of steps.values()) {
    for (const { duration, rows } of figures.values()) {
      for (const { season } of [duration, rows]) {
        if (season.weekdays) votes.set(season.dayStart, (votes.get(season.dayStart) ?? 0) + 1)
      }
    }
  }
  let best = dayStart
  for (const [hour, count] of votes) if (count > (votes.get(best) ?? 0)) best = hour
  return best
}

/** Closes the runs that are over by `clockMs`, and the oldest ones if too many are open. */
function closeEnded(
  pipeline: string,
  state: PipelineState,
  {
    clockMs,
    idleMs = 0,
    work,
  }: { readonly clockMs: number; readonly idleMs?: number | undefined; readonly work: Workings },
): void {
  if (state.openRuns.size === 0) return
  const spanMs = usualSpan(state.arrivals)
  const delayMs = usualDelay(state.arrivals) ?? idleMs
  for (const run of state.openRuns.values()) {
    const usualMs = spanMs === undefined ? run.lastMs + idleMs : run.startMs + spanMs + delayMs
    // A run that is slow today, or late, continues as long as its rows come: its next step may take as long as all before it.
    const quietMs = run.seenMs + Math.max(MIN_QUIET_MS, QUIET_SHARE * (spanMs ?? 0), run.lastMs - run.startMs)
    const overMs = Math.max(run.lastMs, usualMs, quietMs, waitsUntil(state, run))
    if (overMs <= clockMs) closeRun(pipeline, state, run, work)
    else if (state.openRuns.size > MAX_OPEN) closeRun(pipeline, state, run, work, false)
  }
}

/** Closes the runs of which no more rows are expected by now. */
export function closeIdle(pipeline: string, state: PipelineState, work: Workings): void {
  closeEnded(pipeline, state, { clockMs: work.nowMs, idleMs: IDLE_MS, work })
}

/** Returns whether all due steps of the run have come, or the row that is always its last. */
export function isComplete(state: PipelineState, run: OpenRun, { options: { zone } }: Workings): boolean {
  if (run.hasRunRow && state.endsWithRunRow) return true
  if (run.failedSteps.size > 0) return false
  const due = dueSteps(presenceOf(state, run.mode), zone.localMs(run.startMs))
  return due.length > 0 && due.every(({ key }) => run.steps.has(key))
}

/** Finds the steps that the run lacks, and settles its findings finally. */
export function closeRun(pipeline: string, state: PipelineState, run: OpenRun, work: Workings, isOver = true): void {
  const { zone } = work.options
  const { runId, startMs, steps } = run
  const failed = run.failedSteps.size > 0
  // A late row reopens a closed run, but it is not the whole run.
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
    const found = coherentRun(known, metric, {
      pipeline,
      runId,
      startMs,
      deviations,
      isNewPhase,
      sensitivity: options.sensitivity,
      nowMs,
    })
    if (found) run.candidates.set(found.id, found)
  }
}

/** Adds the new and changed findings of the run to those of the call. */
export function giveOut(
  pipeline: string,
  state: PipelineState,
  run: OpenRun,
  { isClosing, work }: { readonly isClosing: boolean; readonly work: Workings },
): void {
  if (run.candidates.size === 0) return
  const { options, feedback, nowMs, found } = work
  for (const anomaly of settle(state, run, { pipeline, options, feedback, nowMs, isClosing })) {
    const { detectedAt: _, ...facts } = anomaly
    const text = JSON.stringify(facts)
    if (run.given.get(anomaly.id) === text) continue
    run.given.set(anomaly.id, text)
    found.set(anomaly.id, anomaly)
  }
}
