import { didNotRun, type TableSource } from '@forge/writer-core'
import { openReading } from '../reading/log-reading.ts'
import { assertTableOption, type TableOption } from '../reading/table-option.ts'
import { change, type FigureChange } from '../summary/period-comparison.ts'
import { type CriticalPath, pathOf } from './critical-path.ts'
import { type RunRecord, type RunStep, readRun, stepKey } from './run-steps.ts'

export type RunComparison =
  | RunsCompared
  | { readonly available: false; readonly reason: string; readonly tableFqn: string }

/** A comparison of two runs; changes are from `a` to `b`. */
export interface RunsCompared {
  readonly available: true
  readonly tableFqn: string
  readonly a: ComparedRun
  readonly b: ComparedRun
  /** The changes of the figures: `current` belongs to `b`, `previous` to `a`. */
  readonly figures: RunChanges
  /** The steps, the greatest change of duration first; steps of one run alone come last. */
  readonly steps: readonly ComparedStep[]
}

/** The changes of the figures of a run. */
export interface RunChanges {
  readonly durationSecs: FigureChange
  readonly steps: FigureChange
  readonly failedSteps: FigureChange
  readonly rowsProcessed: FigureChange
  readonly rowsWritten: FigureChange
}

export interface ComparedRun extends Omit<RunRecord, 'steps'> {
  readonly criticalPath: CriticalPath | null
}

export interface ComparedStep {
  readonly phase: string
  readonly step: string
  readonly inRuns: 'both' | 'a' | 'b'
  readonly a: RunStep | null
  readonly b: RunStep | null
  /** The changes of figures; null for a step that did not run. */
  readonly durationSecs: FigureChange
  readonly rowsProcessed: FigureChange
  readonly validationRate: FigureChange
  /** The change of the outcome; `unknown` if the step did not run in one of the runs, or one outcome is unknown. */
  readonly outcome: 'same' | 'broken' | 'repaired' | 'unknown'
}

/** Compares two runs of the log, step by step. If a run does not exist, `available` is false; nothing is thrown. */
export async function compareRuns(
  source: TableSource,
  a: string,
  b: string,
  options: TableOption = {},
): Promise<RunComparison> {
  assertTableOption('compareRuns', options)
  const reading = await openReading(source, options.table)
  const { tableFqn } = reading
  const [runA, runB] = [await readRun(reading, a), await readRun(reading, b)]
  if (!runA || !runB) {
    const missing = [runA ? undefined : a, runB ? undefined : b].filter((id) => id !== undefined)
    return { available: false, reason: `the log has no run ${missing.join(' and no run ')}`, tableFqn }
  }
  return {
    available: true,
    tableFqn,
    a: withPath(runA),
    b: withPath(runB),
    figures: compareFigures(runA, runB),
    steps: compareSteps(runA.steps, runB.steps),
  }
}

/** Compares the figures of two runs. */
export function compareFigures(a: RunRecord, b: RunRecord): RunChanges {
  const countFailed = ({ steps }: RunRecord) => steps.filter(({ success }) => success === false).length
  return {
    durationSecs: change(b.durationSecs, a.durationSecs),
    steps: change(b.steps.length, a.steps.length),
    failedSteps: change(countFailed(b), countFailed(a)),
    rowsProcessed: change(b.rowsProcessed, a.rowsProcessed),
    rowsWritten: change(b.rowsWritten, a.rowsWritten),
  }
}

function withPath({ steps: _steps, ...run }: RunRecord): ComparedRun {
  return { ...run, criticalPath: pathOf({ ...run, steps: _steps }) ?? null }
}

/** Compares the steps of two runs; the greatest change of duration first. */
export function compareSteps(a: readonly RunStep[], b: readonly RunStep[]): ComparedStep[] {
  const inB = new Map(b.map((step) => [stepKey(step), step]))
  const inA = new Set(a.map(stepKey))
  const steps = [
    ...a.map((step) => comparedStep(step, inB.get(stepKey(step)) ?? null)),
    ...b.filter((step) => !inA.has(stepKey(step))).map((step) => comparedStep(null, step)),
  ]
  const weight = ({ durationSecs }: ComparedStep) => (durationSecs.change === null ? -1 : Math.abs(durationSecs.change))
  return steps.sort((one, other) => weight(other) - weight(one))
}

function comparedStep(a: RunStep | null, b: RunStep | null): ComparedStep {
  // A step that did not run has figures in the log, usually 0, but they do not count.
  const ran = (step: RunStep | null) => (step && !didNotRun(step.status) ? step : null)
  const [before, now] = [ran(a), ran(b)]
  const of = (figure: (step: RunStep) => number | null) => change(now && figure(now), before && figure(before))
  const { phase, step } = (a ?? b) as RunStep
  return {
    phase,
    step,
    inRuns: a && b ? 'both' : a ? 'a' : 'b',
    a,
    b,
    durationSecs: of(({ durationSecs }) => durationSecs),
    rowsProcessed: of(({ rowsProcessed }) => rowsProcessed),
    validationRate: of(({ validationRate }) => validationRate),
    outcome: outcomeOf(before, now),
  }
}

function outcomeOf(a: RunStep | null, b: RunStep | null): ComparedStep['outcome'] {
  if (!a || !b || a.success === null || b.success === null) return 'unknown'
  if (a.success === b.success) return 'same'
  return a.success ? 'broken' : 'repaired'
}
