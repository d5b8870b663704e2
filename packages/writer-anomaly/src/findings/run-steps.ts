import type { Anomaly } from '@forge/writer-core'
import { statusOf } from '../baseline/judge.ts'
import type { StepRun } from '../series/step-run.ts'
import { scoreOfLogTail } from '../statistics/normal-tail.ts'
import { makeAnomaly, placeOf } from './make-anomaly.ts'
import { nameOf } from './wording.ts'

/** Which steps the last runs of a pipeline in one mode had. Plain JSON. */
export interface Presence {
  /** Steps of each run, newest last. */
  readonly runs: string[][]
  /** Of these runs, how many had each step. */
  readonly counts: Map<string, number>
  /** Steps that are told as missing and have not come back. */
  readonly absent: Set<string>
}

const LOOKED_AT = 20
const LEAST_RUNS = 10
const USUAL = 0.8
/** Share of the usual steps that a run must have to be a whole one: a re-run of some steps is none. */
const WHOLE = 0.5

export function presence(): Presence {
  return { runs: [], counts: new Map(), absent: new Set() }
}

export interface ClosedRun {
  readonly pipeline: string
  readonly runId: string
  readonly startMs: number
  /** `phase.step` of each. */
  readonly steps: ReadonlySet<string>
  readonly failed: boolean
}

/** The steps that nearly every run has and this one lacks, each told once until it comes back. Then learns the run. */
export function missingSteps(known: Presence, run: ClosedRun, nowMs: number): Anomaly[] {
  // A run that failed left out what came after the failure.
  if (run.failed) return []
  const usual = usualSteps(known)
  const missing = usual.filter(({ key }) => !run.steps.has(key))
  const isWhole = missing.length <= usual.length * (1 - WHOLE)
  const found = isWhole ? missing.filter(({ key }) => !known.absent.has(key)) : []
  for (const { key } of found) known.absent.add(key)
  for (const key of run.steps) known.absent.delete(key)
  if (isWhole) learnSteps(known, run.steps)
  return found
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, share }) => missingStep(run, key, { share, runs: known.runs.length, nowMs }))
}

function learnSteps({ runs, counts }: Presence, steps: ReadonlySet<string>): void {
  runs.push([...steps])
  for (const key of steps) counts.set(key, (counts.get(key) ?? 0) + 1)
  const oldest = runs.length > LOOKED_AT ? (runs.shift() ?? []) : []
  for (const key of oldest) {
    const count = (counts.get(key) ?? 1) - 1
    if (count === 0) counts.delete(key)
    else counts.set(key, count)
  }
}

function usualSteps({ runs, counts }: Presence): { key: string; share: number }[] {
  if (runs.length < LEAST_RUNS) return []
  const usual: { key: string; share: number }[] = []
  for (const [key, count] of counts) if (count >= USUAL * runs.length) usual.push({ key, share: count / runs.length })
  return usual
}

function missingStep(
  { pipeline, runId, startMs }: ClosedRun,
  key: string,
  { share, runs, nowMs }: { readonly share: number; readonly runs: number; readonly nowMs: number },
): Anomaly {
  const [phase = '', step = ''] = key.split('\0')
  return makeAnomaly(
    { pipeline, phase, step, runId, timeMs: startMs },
    {
      type: 'step_missing',
      metric: 'presence',
      detector: 'presence',
      severity: runs < LOOKED_AT ? 'warning' : 'error',
      description: `${nameOf({ pipeline, phase, step })} did not run, though ${Math.round(100 * share)} % of the last ${runs} runs had it`,
      nowMs,
      value: 0,
      expected: share,
      z: null,
      // One absence among runs that nearly all had the step.
      score: scoreOfLogTail(Math.log10((1 - share) * runs + 1) - 2 * Math.log10(runs + 2) - 2),
      baseline: { n: runs, from: null, to: null, seasonality: 'none', status: statusOf(runs) },
    },
  )
}

/** A step that its pipeline has never had. */
export function newStep(row: StepRun, { runs, nowMs }: { readonly runs: number; readonly nowMs: number }): Anomaly {
  return makeAnomaly(placeOf(row), {
    type: 'step_new',
    metric: 'presence',
    detector: 'presence',
    severity: 'info',
    description: `${nameOf(row)} ran for the first time in ${runs} runs`,
    nowMs,
    value: 1,
    expected: 0,
    z: null,
    score: scoreOfLogTail(-2 * Math.log10(runs + 1)),
    baseline: { n: runs, from: null, to: null, seasonality: 'none', status: statusOf(runs) },
  })
}
