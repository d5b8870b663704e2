import type { ServiceLevelSettings, Verdict } from '@forge/writer-core'
import { type DueDay, dueDays } from './due-days.ts'
import { type ErrorBudget, errorBudget } from './error-budget.ts'
import type { JudgedRun } from './judged-runs.ts'

/** One promise of one pipeline, and whether it was kept. */
export interface Objective {
  readonly pipeline: string
  readonly kind: 'maxDuration' | 'dueTime' | 'successRate'
  /** Such as `at most 600 s`. */
  readonly target: string
  /** Share of what is judged that must keep the target, 0-100. */
  readonly requiredPercent: number
  /** Runs, or days of a due time. */
  readonly judged: number
  readonly broken: number
  /** Null when there was nothing to judge. */
  readonly keptPercent: number | null
  /** `notJudged` when there was nothing to judge. */
  readonly verdict: Verdict
  /** Whether nothing is broken: also when nothing was judged, which {@link Objective.verdict} tells apart. */
  readonly isKept: boolean
  readonly errorBudget: ErrorBudget
  /** The worst, at most 5. */
  readonly breaches: readonly Breach[]
}

export interface Breach {
  /** Null where no run came at all. */
  readonly runId: string | null
  /** Of the run's start, or of the due time. ISO 8601, UTC. */
  readonly at: string
  /** Such as `took 812 s`. */
  readonly detail: string
}

const SHOWN_BREACHES = 5

/** What is judged: runs that start from `fromMs`, and due times before `toMs`. */
export interface JudgedBounds {
  readonly fromMs: number
  readonly toMs: number
}

/** The objectives of a level for the runs of one pipeline, in order of start. */
export function objectivesOf(
  pipeline: string,
  runs: readonly JudgedRun[],
  level: ServiceLevelSettings,
  bounds: JudgedBounds,
): Objective[] {
  const { maxDurationSecs, minSuccessRatePercent, objectivePercent = 100 } = level
  const judged = runs.filter(({ startedAt }) => Date.parse(startedAt) >= bounds.fromMs)
  const objectives: Objective[] = []
  if (maxDurationSecs !== undefined) {
    const slow = judged.filter(({ durationSecs }) => durationSecs > maxDurationSecs)
    const worst = slow.toSorted((a, b) => b.durationSecs - a.durationSecs)
    objectives.push(
      objective(
        { pipeline, kind: 'maxDuration', target: `at most ${maxDurationSecs} s`, requiredPercent: objectivePercent },
        judged.length,
        {
          broken: slow.length,
          breaches: worst.map((run) => breach(run, `took ${rounded(run.durationSecs)} s`)),
        },
      ),
    )
  }
  if (level.dueTime !== undefined) objectives.push(dueObjective(pipeline, runs, level, bounds))
  if (minSuccessRatePercent !== undefined) {
    const known = judged.filter(({ success }) => success !== null)
    const failed = known.filter(({ success }) => !success)
    const about = { pipeline, kind: 'successRate', target: `${minSuccessRatePercent} % succeed` } as const
    objectives.push(
      objective({ ...about, requiredPercent: minSuccessRatePercent }, known.length, {
        broken: failed.length,
        breaches: failed.toReversed().map((run) => breach(run, 'failed')),
      }),
    )
  }
  return objectives
}

function dueObjective(
  pipeline: string,
  runs: readonly JudgedRun[],
  level: ServiceLevelSettings,
  bounds: JudgedBounds,
): Objective {
  const { dueTime, timeZone = 'UTC', objectivePercent = 100 } = level
  const days = dueDays(runs, level, bounds)
  const late = days.filter(({ isKept }) => !isKept)
  const about = { pipeline, kind: 'dueTime', target: `by ${dueTime} ${timeZone}` } as const
  return objective({ ...about, requiredPercent: objectivePercent }, days.length, {
    broken: late.length,
    breaches: late.toReversed().map(lateBreach),
  })
}

function lateBreach({ runId, dueAt, succeededAt, date }: DueDay): Breach {
  if (succeededAt === null) return { runId: null, at: dueAt, detail: `no run succeeded for ${date}` }
  const lateSecs = (Date.parse(succeededAt) - Date.parse(dueAt)) / 1000
  return { runId, at: dueAt, detail: `${rounded(lateSecs / 60)} min late on ${date}` }
}

function breach({ runId, startedAt }: JudgedRun, detail: string): Breach {
  return { runId, at: startedAt, detail }
}

function objective(
  about: Pick<Objective, 'pipeline' | 'kind' | 'target' | 'requiredPercent'>,
  judged: number,
  { broken, breaches }: { readonly broken: number; readonly breaches: readonly Breach[] },
): Objective {
  const keptPercent = judged > 0 ? ((judged - broken) / judged) * 100 : null
  const isKept = keptPercent === null || keptPercent >= about.requiredPercent
  return {
    ...about,
    judged,
    broken,
    keptPercent,
    verdict: keptPercent === null ? 'notJudged' : isKept ? 'passed' : 'failed',
    isKept,
    errorBudget: errorBudget(judged, broken, about.requiredPercent),
    breaches: breaches.slice(0, SHOWN_BREACHES),
  }
}

function rounded(value: number): number {
  return Number(value.toFixed(1))
}
