import { didNotRun } from '@forge/writer-core'
import { type ComparedStep, compareSteps } from './compare-runs.ts'
import type { RunStep } from './run-steps.ts'

/** The kind of a difference between a step and the same step of an earlier run. */
export type DifferenceKind =
  | 'broken'
  | 'stillFails'
  | 'didNotRun'
  | 'gone'
  | 'new'
  | 'repaired'
  | 'slower'
  | 'faster'
  | 'fewerRows'
  | 'moreRows'
  | 'lessValid'

/**
 * A step that differs from that of an earlier run: `a` is of the earlier run, `b` of the later one. A step is new if it ran, and was not in the
 * earlier run or did not run in it.
 */
export interface StepDifference extends ComparedStep {
  /** The most severe kind first. */
  readonly kinds: readonly DifferenceKind[]
}

export interface RunDifferences {
  /** The most severe first, then by the greatest change of duration. */
  readonly differences: readonly StepDifference[]
  /** The number of steps that are as before. */
  readonly equalSteps: number
}

const MIN_DURATION_CHANGE_PERCENT = 25
const MIN_DURATION_CHANGE_SECS = 1
const MIN_ROWS_CHANGE_PERCENT = 10
const MIN_VALIDATION_CHANGE_POINTS = 0.1

const SEVERITY: readonly DifferenceKind[] = [
  'broken',
  'stillFails',
  'didNotRun',
  'gone',
  'new',
  'lessValid',
  'slower',
  'fewerRows',
  'repaired',
  'moreRows',
  'faster',
]

/**
 * Returns the differences between the steps of a run and those of an earlier one. A duration differs if it changed by 25 % and by a second, rows if
 * they changed by 10 %, a validation rate if it fell by 0.1 points.
 */
export function differencesOf(earlier: readonly RunStep[], later: readonly RunStep[]): RunDifferences {
  const compared = compareSteps(earlier, later)
  const differences = compared.flatMap((step) => {
    const kinds = kindsOf(step)
    return kinds.length === 0 ? [] : [{ ...step, kinds }]
  })
  const rank = ({ kinds: [kind] }: StepDifference) => (kind ? SEVERITY.indexOf(kind) : SEVERITY.length)
  return {
    differences: differences.sort((one, other) => rank(one) - rank(other)),
    equalSteps: compared.length - differences.length,
  }
}

function kindsOf(step: ComparedStep): DifferenceKind[] {
  const { inRuns, outcome, a, b, durationSecs, rowsProcessed, validationRate } = step
  if (inRuns === 'a') return ['gone']
  if (b && didNotRun(b.status)) return a && didNotRun(a.status) ? [] : ['didNotRun']
  if (inRuns === 'b') return b?.success === false ? ['broken', 'new'] : ['new']
  if (a && didNotRun(a.status)) return [b?.success === false ? 'broken' : a.success === false ? 'repaired' : 'new']
  const kinds = new Set<DifferenceKind>()
  if (outcome === 'broken' || outcome === 'repaired') kinds.add(outcome)
  if (a?.success === false && b?.success === false) kinds.add('stillFails')
  // The duration and the rows of a failed step only show how far it came.
  if (a?.success === false || b?.success === false) return SEVERITY.filter((kind) => kinds.has(kind))
  const isFar = Math.abs(durationSecs.change ?? 0) >= MIN_DURATION_CHANGE_SECS
  if (isFar && Math.abs(durationSecs.changePercent ?? 100) >= MIN_DURATION_CHANGE_PERCENT) {
    kinds.add((durationSecs.change ?? 0) > 0 ? 'slower' : 'faster')
  }
  const rows = rowsProcessed.change ?? 0
  if (rows !== 0 && Math.abs(rowsProcessed.changePercent ?? 100) >= MIN_ROWS_CHANGE_PERCENT) {
    kinds.add(rows > 0 ? 'moreRows' : 'fewerRows')
  }
  if ((validationRate.change ?? 0) <= -MIN_VALIDATION_CHANGE_POINTS) kinds.add('lessValid')
  return SEVERITY.filter((kind) => kinds.has(kind))
}
