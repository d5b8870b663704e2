import { didNotRun, type TableSource } from '@forge/writer-core'
import { parseMicros } from '@forge/writer-core/storage'
import { openReading } from '../reading/log-reading.ts'
import { assertTableOption, type TableOption } from '../reading/table-option.ts'
import { type RunStep, readRun } from './run-steps.ts'

/** The steps that make up the duration of a run, by their times. */
export interface CriticalPath {
  /** The steps in order of time. */
  readonly steps: readonly CriticalStep[]
  /** The time from the first start to the last end of the steps, seconds. */
  readonly spanSecs: number
  /** The time in which a step of the path ran, seconds. */
  readonly busySecs: number
  /** The time in which no step of the path ran, seconds. */
  readonly waitSecs: number
  /** The number of steps that are on no path because they have no times, or did not run. */
  readonly stepsWithoutTimes: number
}

export interface CriticalStep {
  readonly phase: string
  readonly step: string
  readonly startedAt: string
  readonly endedAt: string
  readonly durationSecs: number
  /** The time since the end of the step before it on the path, seconds. */
  readonly waitSecs: number
  /** The share of the span, 0-100. */
  readonly sharePercent: number
}

export type CriticalPathReport =
  | ({ readonly available: true; readonly runId: string; readonly pipeline: string } & CriticalPath)
  | { readonly available: false; readonly runId: string; readonly reason: string }

/** Finds the critical path of a run: the step that ended last, the one that ended last before it started, and so on. */
export async function findCriticalPath(
  source: TableSource,
  runId: string,
  options: TableOption = {},
): Promise<CriticalPathReport> {
  assertTableOption('findCriticalPath', options)
  const reading = await openReading(source, options.table)
  const run = await readRun(reading, runId)
  if (run === undefined) return { available: false, runId, reason: `the log has no run ${runId}` }
  const path = pathOf(run)
  if (path === undefined) return { available: false, runId, reason: 'no step has a start and an end' }
  return { available: true, runId, pipeline: run.pipeline, ...path }
}

/** The facts about a step that are needed to find the path. */
export interface StepOnTime extends Pick<RunStep, 'phase' | 'step' | 'startedAt' | 'endedAt'> {
  readonly status?: string | null | undefined
}

interface Timed {
  readonly step: StepOnTime
  readonly startedAt: string
  readonly endedAt: string
  readonly start: bigint
  readonly end: bigint
}

/**
 * Returns the critical path; undefined if no step has both times. Dependencies are not recorded, so each step is assumed to have waited for the last
 * one that ended before it.
 */
export function pathOf({ steps }: { readonly steps: readonly StepOnTime[] }): CriticalPath | undefined {
  const timed = steps.flatMap((step) => timedStep(step) ?? [])
  // Ordered by end; of the steps that ended together, the one that ran longest is last.
  timed.sort((a, b) => compare(a.end, b.end) || compare(b.start, a.start))
  const path: Timed[] = []
  let bound: bigint | undefined
  for (const step of timed.reverse()) {
    if (bound !== undefined && step.end > bound) continue
    path.push(step)
    // Each step is visited once: a step without duration would otherwise wait for itself for ever.
    bound = step.start
  }
  path.reverse()
  const [first] = path
  const last = path.at(-1)
  if (!first || !last) return undefined
  let begin = first.start
  for (const { start } of timed) if (start < begin) begin = start
  const spanSecs = secondsOf(last.end - begin)
  const critical = path.map(({ step, startedAt, endedAt, start, end }, at) => ({
    phase: step.phase,
    step: step.step,
    startedAt,
    endedAt,
    durationSecs: secondsOf(end - start),
    waitSecs: secondsOf(start - (path[at - 1]?.end ?? begin)),
    sharePercent: spanSecs > 0 ? (secondsOf(end - start) / spanSecs) * 100 : 0,
  }))
  const busySecs = critical.reduce((sum, { durationSecs }) => sum + durationSecs, 0)
  return {
    steps: critical,
    spanSecs,
    busySecs,
    waitSecs: spanSecs - busySecs,
    stepsWithoutTimes: steps.length - timed.length,
  }
}

function timedStep(step: StepOnTime): Timed | undefined {
  const { startedAt, endedAt, status } = step
  if (startedAt === null || endedAt === null || didNotRun(status)) return undefined
  const [start, end] = [parseMicros(startedAt), parseMicros(endedAt)]
  // If a clock went back, the order of steps is unknown.
  if (start === undefined || end === undefined || end < start) return undefined
  return { step, startedAt, endedAt, start, end }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function secondsOf(micros: bigint): number {
  return Number(micros) / 1e6
}
