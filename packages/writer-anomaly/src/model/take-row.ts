import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import { type StepState, stepState } from '../baseline/step-state.ts'
import { rememberError } from '../findings/error-cluster.ts'
import { noteDeviation } from '../findings/run-coherence.ts'
import { newStep } from '../findings/run-steps.ts'
import { keyOf, type StepRun } from '../series/step-run.ts'
import { type OpenRun, type PipelineState, pipelineState } from './pipeline-state.ts'
import { seasonMs } from './row-figures.ts'
import { runOf } from './run-tracking.ts'
import { judgeRow } from './step-judgement.ts'
import type { Workings } from './workings.ts'

/** The minimum number of runs of a pipeline before a step can be new to it. */
const MIN_RUNS = 5
const MAX_SECS = 1e8
const MAX_LATE_MS = 2 * DAY_MS

/** Judges one row, learns it, and adds the findings to its run. */
export function takeRow(row: StepRun, work: Workings): OpenRun {
  const state = pipelineOf(row, work)
  state.firstMs = Math.min(state.firstMs, row.timeMs)
  state.newestMs = Math.max(state.newestMs, row.timeMs)
  const run = runOf(row, state, work)
  const step = stepOf(row, state, run, work)
  const key = keyOf(row)
  run.steps.add(key)
  if (row.success) run.failedSteps.delete(key)
  else run.failedSteps.add(key)
  run.hasRunRow ||= row.phase === 'pipeline'
  const seconds = row.durationSecs > 0 && row.durationSecs < MAX_SECS ? row.durationSecs : 0
  run.lastMs = Math.max(run.lastMs, row.timeMs + seconds * 1000)
  state.lastEndMs = Math.max(state.lastEndMs, run.lastMs)
  const seenMs = row.writtenMs ?? work.nowMs
  // A row that was written days later was imported.
  if (seenMs - row.timeMs < MAX_LATE_MS) run.seenMs = Math.max(run.seenMs, seenMs)
  const { options, feedback, errors, nowMs, observe } = work
  const timeMs = seasonMs(row, options.zone, state.grid)
  const judged = judgeRow(row, {
    state: step,
    siblings: state.steps,
    options,
    feedback: feedback.isEmpty ? undefined : feedback.ofRow(row),
    timeMs,
    dayMs: timeMs - state.dayStart * HOUR_MS,
    sinceLast: run.sinceLast,
    errors,
    nowMs,
    observe,
  })
  for (const anomaly of judged.found) run.candidates.set(anomaly.id, anomaly)
  if (judged.isWeekendLike) run.weekendLike.add(key)
  if (row.phase !== 'pipeline') {
    for (const metric of ['duration', 'rows'] as const) {
      const judgement = judged.judgements[metric]
      if (judgement?.status === 'ready' && !judgement.isWide) noteDeviation(run.deviations[metric], judgement)
    }
  }
  if (!work.learnsErrors) return run
  errors.rows++
  errors.firstMs ??= row.timeMs
  if (!row.success && row.error !== null) rememberError(errors, row.error, row.timeMs)
  return run
}

function pipelineOf({ pipeline }: StepRun, { pipelines }: Workings): PipelineState {
  const known = pipelines.get(pipeline)
  if (known) return known
  const made = pipelineState()
  pipelines.set(pipeline, made)
  return made
}

function stepOf(row: StepRun, state: PipelineState, run: OpenRun, { nowMs }: Workings): StepState {
  const known = state.steps.get(keyOf(row))
  if (known) return known
  const made = stepState(row.phase, row.step)
  state.steps.set(keyOf(row), made)
  if (state.runs > MIN_RUNS) {
    const anomaly = newStep(row, { runs: state.runs, nowMs })
    run.candidates.set(anomaly.id, anomaly)
  }
  return made
}
