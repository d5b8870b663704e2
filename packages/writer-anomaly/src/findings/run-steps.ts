import type { Anomaly } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import { dayOfWeek, hourOf } from '../baseline/calendar.ts'
import { statusOf } from '../baseline/judge.ts'
import { scoreOfLogTail } from '../probability/normal-tail.ts'
import type { StepRun } from '../series/step-run.ts'
import { makeAnomaly, placeOf } from './make-anomaly.ts'
import { nameOf } from './wording.ts'

/** The steps of the last runs of a pipeline in one mode. Plain JSON. */
export interface Presence {
  /** The number of runs learned since the beginning. */
  count: number
  /** The times at which the last runs started, as the clocks of the zone show them, newest last. */
  readonly times: number[]
  /** The steps: the number of the first run that had the step, and those of the last runs that lacked it. */
  readonly steps: Map<string, { since: number; readonly lacking: number[] }>
  /** The steps that were reported as missing and have not come back. */
  readonly absent: Set<string>
}

const LOOKED_AT = 60
const MIN_RUNS = 10
const READY_RUNS = 20
/** The number of runs per separate absence up to which a step still counts as always there. */
const RUNS_PER_STRETCH = 30
/** The minimum share of the due steps that a complete run has: a re-run of some steps is not complete. */
const WHOLE = 0.5
/** The share of similar runs without a step from which its absence is usual. */
const USUALLY_LACKING = 0.5

export function presence(): Presence {
  return { count: 0, times: [], steps: new Map(), absent: new Set() }
}

export interface ClosedRun {
  readonly pipeline: string
  readonly runId: string
  readonly startMs: number
  /** The start as the clocks of the zone show it. */
  readonly localMs: number
  /** The steps, each as `phase.step`. */
  readonly steps: ReadonlySet<string>
  readonly failed: boolean
}

/** Returns the steps that are due in a run that starts at this time, with the share of similar runs that had them. */
export function dueSteps(known: Presence, localMs: number): { key: string; share: number }[] {
  if (known.times.length < MIN_RUNS) return []
  const due: { key: string; share: number }[] = []
  for (const [key, { since, lacking }] of known.steps) {
    const first = Math.max(since, known.count - known.times.length)
    const runs = known.count - first
    if (runs < MIN_RUNS) continue
    if (lacking.length === 0) due.push({ key, share: 1 })
    else if (isDue(known, { lacking, first, localMs })) due.push({ key, share: 1 - lacking.length / runs })
  }
  return due
}

/** Returns whether a step is nearly always there, and the calendar does not explain its absence. */
function isDue(
  { count, times }: Presence,
  {
    lacking,
    first,
    localMs,
  }: { readonly lacking: readonly number[]; readonly first: number; readonly localMs: number },
): boolean {
  const without = new Set(lacking)
  const timeOf = (run: number) => times[run - (count - times.length)] ?? 0
  const runsPerDay = times.length / Math.max(1, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / DAY_MS)
  const slots = runsPerDay > 2 ? [dayOfWeek, hourOf] : [dayOfWeek]
  const explained = new Set<number>()
  for (const slotOf of slots) {
    const bySlot = new Map<number, { runs: number[]; lacking: number }>()
    for (let run = first; run < count; run++) {
      const slot = bySlot.get(slotOf(timeOf(run))) ?? { runs: [], lacking: 0 }
      slot.runs.push(run)
      if (without.has(run)) slot.lacking++
      bySlot.set(slotOf(timeOf(run)), slot)
    }
    const today = bySlot.get(slotOf(localMs))
    if (today && today.lacking >= USUALLY_LACKING * today.runs.length) return false
    for (const { runs, lacking: absences } of bySlot.values()) {
      if (absences >= USUALLY_LACKING * runs.length) for (const run of runs) explained.add(run)
    }
  }
  const rest = lacking.filter((run) => !explained.has(run))
  const stretches = rest.filter((run, at) => at === 0 || run !== (rest[at - 1] ?? 0) + 1).length
  return stretches <= Math.max(1, Math.floor((count - first) / RUNS_PER_STRETCH))
}

/** Returns the findings of due steps that a run lacks, each reported once until the step comes back. Then learns the run. */
export function missingSteps(known: Presence, run: ClosedRun, nowMs: number): Anomaly[] {
  // A failed run lacks the steps after the failure.
  if (run.failed) return []
  const due = dueSteps(known, run.localMs)
  const missing = due.filter(({ key }) => !run.steps.has(key))
  const isWhole = missing.length <= due.length * (1 - WHOLE)
  const found = isWhole ? missing.filter(({ key }) => !known.absent.has(key)) : []
  for (const { key } of found) known.absent.add(key)
  for (const key of run.steps) known.absent.delete(key)
  if (isWhole) learnSteps(known, run)
  return found
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ key, share }) => missingStep(run, key, { share, runs: known.times.length, nowMs }))
}

function learnSteps(known: Presence, { steps, localMs }: ClosedRun): void {
  for (const key of steps) if (!known.steps.has(key)) known.steps.set(key, { since: known.count, lacking: [] })
  const oldest = known.count - LOOKED_AT
  for (const [key, { lacking }] of known.steps) {
    if (!steps.has(key)) lacking.push(known.count)
    while ((lacking[0] ?? Number.POSITIVE_INFINITY) <= oldest) lacking.shift()
    if (lacking.length >= LOOKED_AT) known.steps.delete(key)
  }
  known.count++
  known.times.push(localMs)
  if (known.times.length > LOOKED_AT) known.times.shift()
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
      severity: runs < READY_RUNS ? 'warning' : 'error',
      description: `${nameOf({ pipeline, phase, step })} did not run, though ${Math.round(100 * share)} % of the last ${runs} runs had it`,
      nowMs,
      value: 0,
      expected: share,
      z: null,
      // The probability of one absence among runs of which nearly all had the step.
      score: scoreOfLogTail(Math.log10((1 - share) * runs + 1) - 2 * Math.log10(runs + 2) - 2),
      baseline: { n: runs, from: null, to: null, seasonality: 'none', status: statusOf(runs) },
    },
  )
}

/** Returns the finding of a step that its pipeline has never had. */
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
