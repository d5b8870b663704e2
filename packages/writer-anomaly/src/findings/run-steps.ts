import type { Anomaly } from '@forge/writer-core'
import { dayOfWeek, hourOf } from '../baseline/calendar.ts'
import { statusOf } from '../baseline/judge.ts'
import type { StepRun } from '../series/step-run.ts'
import { scoreOfLogTail } from '../statistics/normal-tail.ts'
import { makeAnomaly, placeOf } from './make-anomaly.ts'
import { nameOf } from './wording.ts'

/** Which steps the last runs of a pipeline in one mode had. Plain JSON. */
export interface Presence {
  /** Runs learned since the beginning. */
  count: number
  /** When the last runs started, as the clocks of the zone show it, newest last. */
  readonly times: number[]
  /** For each step, the number of the first run that had it and of the last runs that lacked it. */
  readonly steps: Map<string, { since: number; readonly lacking: number[] }>
  /** Steps that are told as missing and have not come back. */
  readonly absent: Set<string>
}

const LOOKED_AT = 60
const MIN_RUNS = 10
const READY_RUNS = 20
/** Absences in separate stretches, of so many runs, up to which a step counts as one that is always there. */
const RUNS_PER_STRETCH = 30
/** Share of the steps that are due that a run must have to be a whole one: a re-run of some steps is none. */
const WHOLE = 0.5
/** Share of like runs without a step from which it is usual that it is not there. */
const USUALLY_LACKING = 0.5

export function presence(): Presence {
  return { count: 0, times: [], steps: new Map(), absent: new Set() }
}

export interface ClosedRun {
  readonly pipeline: string
  readonly runId: string
  readonly startMs: number
  /** As the clocks of the zone show it. */
  readonly localMs: number
  /** `phase.step` of each. */
  readonly steps: ReadonlySet<string>
  readonly failed: boolean
}

/** The steps that are due in a run that starts then, with the share of like runs that had them. */
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

/** Whether the calendar does not explain that a step is not there, and it hardly ever is not. */
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
  const runsPerDay = times.length / Math.max(1, ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 86_400_000)
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

/** The steps that are due in a run and that it lacks, each told once until it comes back. Then learns the run. */
export function missingSteps(known: Presence, run: ClosedRun, nowMs: number): Anomaly[] {
  // A run that failed left out what came after the failure.
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
