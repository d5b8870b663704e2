import { and, column, eq, type Measure, type Predicate } from '@forge/writer-core'
import { numberOrNull } from '@forge/writer-core/storage'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep, when } from '../reading/step-rows.ts'
import { DIMENSIONS, type GroupFigures, groupNames } from './breakdown.ts'
import { percentOf } from './step-figures.ts'

/** A step among the slowest or most failing. */
export interface ExtremeStep {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
  readonly steps: number
  readonly failedSteps: number
  /** The share of failures among the steps that ran, 0-100. */
  readonly failureRatePercent: number
  /** The mean in seconds; null if it never ran. */
  readonly meanDurationSecs: number | null
  readonly maxDurationSecs: number | null
}

interface Question {
  readonly where: Predicate
  readonly counted: CountedSteps
  readonly top: number
}

export interface ExtremeSteps {
  /** The steps with the longest mean durations, the longest first. */
  readonly slowestSteps: readonly ExtremeStep[]
  /** The steps with the most failures, without those that never failed. */
  readonly mostFailingSteps: readonly ExtremeStep[]
}

/** Returns the slowest and the most failing steps, from the groups of all steps if they are known already. */
export async function extremeSteps(
  reading: LogReading,
  question: Question,
  groups: readonly GroupFigures[] | undefined,
): Promise<ExtremeSteps> {
  const known = groups?.map(fromGroup)
  const slowest = known ? first(known, byDuration, question.top) : await ask(reading, question, 'meanDurationSecs')
  const failing = known ? first(known, byFailures, question.top) : await ask(reading, question, 'failedSteps')
  return { slowestSteps: slowest, mostFailingSteps: failing.filter(({ failedSteps }) => failedSteps > 0) }
}

function fromGroup({ pipeline = '', phase = '', step = '', ...group }: GroupFigures): ExtremeStep {
  const { failedSteps, durations } = group
  const steps = group.steps - group.skippedSteps
  return {
    pipeline,
    phase,
    step,
    steps,
    failedSteps,
    failureRatePercent: percentOf(failedSteps, steps) ?? 0,
    meanDurationSecs: durations.mean,
    maxDurationSecs: durations.max,
  }
}

function first(
  steps: readonly ExtremeStep[],
  compare: (a: ExtremeStep, b: ExtremeStep) => number,
  top: number,
): ExtremeStep[] {
  return steps.toSorted((a, b) => compare(a, b) || byName(a, b)).slice(0, top)
}

function byDuration(a: ExtremeStep, b: ExtremeStep): number {
  return (b.meanDurationSecs ?? -1) - (a.meanDurationSecs ?? -1)
}

function byFailures(a: ExtremeStep, b: ExtremeStep): number {
  return b.failedSteps - a.failedSteps
}

function byName(a: ExtremeStep, b: ExtremeStep): number {
  const [one, other] = [a, b].map(({ pipeline, phase, step }) => JSON.stringify([pipeline, phase, step]))
  return (one ?? '') < (other ?? '') ? -1 : 1
}

async function ask(
  { reader }: LogReading,
  { where, counted: { ran, timed }, top }: Question,
  by: 'meanDurationSecs' | 'failedSteps',
): Promise<ExtremeStep[]> {
  const keys = DIMENSIONS.step
  const measures: Measure[] = [
    { as: 'steps', fn: 'count', ...when(ran) },
    { as: 'failedSteps', fn: 'count', where: and(eq('success', false), ran) },
    { as: 'meanDurationSecs', fn: 'avg', of: column('duration_secs'), ...when(timed) },
    { as: 'maxDurationSecs', fn: 'max', of: column('duration_secs'), ...when(timed) },
  ]
  const rows = await reader.aggregate({
    where: and(isStep, where),
    groupBy: keys.map((name) => ({ as: name, by: column(name) })),
    measures,
    orderBy: [{ column: by, descending: true }, ...keys.map((name) => ({ column: name }))],
    limit: top,
  })
  return rows.map((row) => {
    const { pipeline = '', phase = '', step = '' } = groupNames(row)
    const [steps, failedSteps] = [Number(row.steps ?? 0), Number(row.failedSteps ?? 0)]
    return {
      pipeline,
      phase,
      step,
      steps,
      failedSteps,
      failureRatePercent: percentOf(failedSteps, steps) ?? 0,
      meanDurationSecs: numberOrNull(row.meanDurationSecs),
      maxDurationSecs: numberOrNull(row.maxDurationSecs),
    }
  })
}
