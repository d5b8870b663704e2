import { and, column, eq, type Measure, type Predicate } from '@forge/writer-core'
import type { LogReading } from '../reading/log-reading.ts'
import { type CountedSteps, isStep, when } from '../reading/step-rows.ts'
import { DIMENSIONS, groupNames } from './breakdown.ts'
import { numberOrNull } from './step-figures.ts'

/** A step among the slowest or most failing. */
export interface ExtremeStep {
  readonly pipeline: string
  readonly phase: string
  readonly step: string
  readonly steps: number
  readonly failedSteps: number
  /** 0-100, of the steps that ran. */
  readonly failureRatePercent: number
  /** Seconds; null where it never ran. */
  readonly meanDurationSecs: number | null
  readonly maxDurationSecs: number | null
}

interface Question {
  readonly where: Predicate
  readonly counted: CountedSteps
  readonly top: number
}

/** The steps with the longest mean duration, longest first. */
export function slowestSteps(reading: LogReading, question: Question): Promise<ExtremeStep[]> {
  return extremeSteps(reading, question, 'meanDurationSecs')
}

/** The steps with the most failures, most first; none that never failed. */
export async function mostFailingSteps(reading: LogReading, question: Question): Promise<ExtremeStep[]> {
  const steps = await extremeSteps(reading, question, 'failedSteps')
  return steps.filter(({ failedSteps }) => failedSteps > 0)
}

async function extremeSteps(
  { reader }: LogReading,
  { where, counted: { ran }, top }: Question,
  by: 'meanDurationSecs' | 'failedSteps',
): Promise<ExtremeStep[]> {
  const keys = DIMENSIONS.step
  const measures: Measure[] = [
    { as: 'steps', fn: 'count', ...when(ran) },
    { as: 'failedSteps', fn: 'count', where: and(eq('success', false), ran) },
    { as: 'meanDurationSecs', fn: 'avg', of: column('duration_secs'), ...when(ran) },
    { as: 'maxDurationSecs', fn: 'max', of: column('duration_secs'), ...when(ran) },
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
      failureRatePercent: steps > 0 ? (failedSteps / steps) * 100 : 0,
      meanDurationSecs: numberOrNull(row.meanDurationSecs),
      maxDurationSecs: numberOrNull(row.maxDurationSecs),
    }
  })
}
