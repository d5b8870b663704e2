import type { ServiceLevelSettings, Verdict } from '@forge/writer-core'
import { dayObjectives } from './day-objectives.ts'
import { type ErrorBudget, errorBudget } from './error-budget.ts'
import type { JudgedRun } from './judged-runs.ts'
import type { Breach, JudgedBounds, ObjectiveKind } from './promised.ts'
import { rateObjectives, runObjectives } from './run-objectives.ts'

/** One objective of one pipeline, and its verdict. */
export interface Objective {
  readonly pipeline: string
  readonly kind: ObjectiveKind
  /** The target, such as `at most 600 s`. */
  readonly target: string
  /** The share that must meet the target, 0-100. */
  readonly requiredPercent: number
  /** The number of judged runs, or days of a due time. */
  readonly judged: number
  readonly broken: number
  /** The share that met the target, 0-100; null if there was nothing to judge. */
  readonly keptPercent: number | null
  /** The verdict: `notJudged` if there was nothing to judge. */
  readonly verdict: Verdict
  /** True if nothing is violated, also if nothing was judged; {@link Objective.verdict} distinguishes the two. */
  readonly isKept: boolean
  readonly errorBudget: ErrorBudget
  /** The breaches, the worst or the newest first; at most `maxBreaches`. */
  readonly breaches: readonly Breach[]
}

/** Returns the objectives of a level for the runs of one pipeline, which are in order of start, each with its first `maxBreaches` breaches. */
export function objectivesOf(
  pipeline: string,
  runs: readonly JudgedRun[],
  level: ServiceLevelSettings,
  { maxBreaches, ...bounds }: JudgedBounds & { readonly maxBreaches: number },
): Objective[] {
  const promised = [
    ...runObjectives(runs, level, bounds),
    ...dayObjectives(runs, level, bounds),
    ...rateObjectives(runs, level, bounds),
  ]
  return promised.map(({ kind, target, requiredPercent, judged, breaches }) => {
    const broken = breaches.length
    const keptPercent = judged > 0 ? ((judged - broken) / judged) * 100 : null
    const isKept = keptPercent === null || keptPercent >= requiredPercent
    return {
      pipeline,
      kind,
      target,
      requiredPercent,
      judged,
      broken,
      keptPercent,
      verdict: keptPercent === null ? 'notJudged' : isKept ? 'passed' : 'failed',
      isKept,
      errorBudget: errorBudget(judged, broken, requiredPercent),
      breaches: breaches.slice(0, maxBreaches),
    }
  })
}
