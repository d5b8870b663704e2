import type { Anomaly } from '@forge/writer-core'
import { DAY_MS, HOUR_MS } from '@forge/writer-core/storage'
import type { Judgement } from '../baseline/judge.ts'
import { BEYOND_RECORD } from '../baseline/judge.ts'
import { noteRecord, type Records, recordOf } from '../baseline/records.ts'
import { addTo, type SortedWindow, sortedWindow } from '../baseline/sorted-window.ts'
import { scoreOfZ } from '../probability/normal-tail.ts'
import { medianOf, quantileIn } from '../probability/quantiles.ts'
import { makeAnomaly } from './make-anomaly.ts'
import { figure } from './wording.ts'

/** The common deviations of the steps of past runs: means over the steps of each run. Plain JSON. */
export interface Coherence {
  readonly duration: CommonDeviations
  readonly rows: CommonDeviations
}

interface CommonDeviations {
  /** The sizes of the last means. */
  readonly sizes: SortedWindow
  readonly records: Records
  /** The number of runs since the beginning. */
  count: number
  /** The runs of the last two weeks that deviated, with the size of their deviation, signed. */
  readonly recent: { readonly timeMs: number; readonly size: number }[]
}

/** The deviations of the steps of one run, in robust deviations, and as logarithms of their ratios to what was expected. */
export interface RunDeviations {
  readonly z: number[]
  readonly ratios: number[]
}

export type RunMetric = keyof Coherence

const MIN_STEPS = 4
const MIN_RUNS = 20
const MAX_Z = 10
/** The minimum deviation of the mean over steps from its own history. */
const MIN_Z = 5
/** The minimum share of steps that must take part, and the deviation that counts as taking part. */
const MIN_SHARE = 0.5
const PART_Z = 1.5
const MIN_RATIO = { duration: Math.log(1.5), rows: Math.log(1.25) } as const

export function coherence(): Coherence {
  const makeNew = (): CommonDeviations => ({ sizes: sortedWindow(63), records: [], count: 0, recent: [] })
  return { duration: makeNew(), rows: makeNew() }
}

export function noteDeviation(deviations: RunDeviations, { z, value, expected }: Judgement): void {
  deviations.z.push(Math.max(-MAX_Z, Math.min(MAX_Z, z)))
  deviations.ratios.push(Math.log((value + 0.1) / (expected + 0.1)))
}

/**
 * Finds a run that is slow, quick, big or small as a whole, although few of its steps are so on their own. It compares the mean over the steps with
 * the same mean of earlier runs, which shows what all steps share. Then learns the run.
 */
export function coherentRun(
  known: Coherence,
  metric: RunMetric,
  run: {
    readonly pipeline: string
    readonly runId: string
    readonly startMs: number
    readonly deviations: RunDeviations
    /** True if nothing is known of this part of the calendar, so that only threefold changes count. */
    readonly isNewPhase: boolean
    readonly sensitivity: number
    readonly nowMs: number
  },
): Anomaly | undefined {
  const { z, ratios } = run.deviations
  if (z.length < MIN_STEPS) return undefined
  const mean = z.reduce((sum, each) => sum + each, 0) / z.length
  const { sizes, records, recent } = known[metric]
  const { sorted } = sizes
  const scale = Math.max(
    1.4826 * quantileIn(sorted, 0.5),
    0.5 * (quantileIn(sorted, 0.9) / 1.645),
    1 / Math.sqrt(z.length),
  )
  const runs = sorted.length
  addTo(sizes, Math.min(Math.abs(mean), runs < 5 ? Infinity : 4 * scale))
  // What whole runs have done before without a cause is not evidence.
  const evidence = Math.min(
    Math.abs(mean) / scale,
    (MIN_Z * Math.abs(mean)) / scale / (BEYOND_RECORD * recordOf(records)),
  )
  noteRecord(records, known[metric].count++, mean / scale)
  const isWeekly = wasSoAWeekBefore(recent, run.startMs, mean)
  noteRecent(recent, run.startMs, mean, scale)
  const taking = z.filter((each) => each * Math.sign(mean) >= PART_Z).length
  const ratio = medianOf(ratios)
  if (runs < MIN_RUNS || evidence < MIN_Z / run.sensitivity || taking < MIN_SHARE * z.length) return undefined
  if (isWeekly) return undefined
  if (Math.abs(ratio) < (run.isNewPhase ? Math.log(3) : MIN_RATIO[metric])) return undefined
  return makeAnomaly(
    { pipeline: run.pipeline, phase: null, step: null, runId: run.runId, timeMs: run.startMs },
    {
      type: 'correlated_run',
      metric: 'steps',
      detector: 'stouffer',
      severity: 'critical',
      description: `${run.pipeline}: ${taking} of ${z.length} steps of one run deviate together: their ${metric === 'duration' ? 'durations' : 'rows'} are ${figure(Math.exp(ratio))} times the expected ones`,
      nowMs: run.nowMs,
      value: taking,
      expected: 0,
      z: mean / scale,
      score: scoreOfZ(evidence),
    },
  )
}

/** The deviation from which a run is remembered, and for how long. */
const MIN_RECENT_Z = 1.5
const RECENT_MS = 14 * DAY_MS + HOUR_MS
const MAX_RECENT = 256
/** The distance within which runs are at the same time of the week, and the minimum share of a deviation that was there before. */
const SAME_MS = HOUR_MS
const SAME_SHARE = 0.6

/**
 * Returns whether a run at the same time of the week, one or two weeks before, deviated about as much: what comes each week is the pipeline's habit.
 */
function wasSoAWeekBefore(recent: CommonDeviations['recent'], timeMs: number, size: number): boolean {
  return recent.some(
    (run) =>
      [7, 14].some((days) => Math.abs(timeMs - days * DAY_MS - run.timeMs) <= SAME_MS) &&
      run.size * Math.sign(size) >= SAME_SHARE * Math.abs(size),
  )
}

function noteRecent(recent: CommonDeviations['recent'], timeMs: number, size: number, scale: number): void {
  if (Math.abs(size) >= MIN_RECENT_Z * scale) recent.push({ timeMs, size })
  while (recent.length > MAX_RECENT || (recent[0]?.timeMs ?? timeMs) < timeMs - RECENT_MS) recent.shift()
}
