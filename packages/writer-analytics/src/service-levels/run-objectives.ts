import type { ServiceLevelSettings } from '@forge/writer-core'
import { HOUR_MS } from '@forge/writer-core/storage'
import type { JudgedRun } from './judged-runs.ts'
import type { Breach, JudgedBounds, Promised } from './promised.ts'

/** A run with a known duration. */
type TimedRun = JudgedRun & { readonly durationSecs: number }

/**
 * Returns the objectives of each run, except those of the time of day. `runs` are in order of start. Those before the bounds are not judged, but
 * count for runs per hour and overlap.
 */
export function runObjectives(
  runs: readonly JudgedRun[],
  level: ServiceLevelSettings,
  { fromMs }: JudgedBounds,
): Promised[] {
  const isJudged = ({ startedAt }: JudgedRun) => Date.parse(startedAt) >= fromMs
  const judged = runs.filter(isJudged)
  const { objectivePercent = 100 } = level
  const timed = judged.flatMap((run) => (run.durationSecs === null ? [] : { ...run, durationSecs: run.durationSecs }))
  const about = { requiredPercent: objectivePercent, judged: judged.length }
  const aboutTimed = { ...about, judged: timed.length }
  const { maxDurationSecs: max, minDurationSecs: min, maxRunsPerHour: perHour, maxConcurrentRuns: atOnce } = level
  const promised: Promised[] = []
  if (max !== undefined) {
    const overdue = judged.flatMap((run) =>
      run.runningSecs !== null && run.runningSecs > max ? { ...run, durationSecs: run.runningSecs } : [],
    )
    promised.push({
      ...about,
      kind: 'maxDuration',
      target: `at most ${max} s`,
      judged: timed.length + overdue.length,
      breaches: slow([...timed, ...overdue], max),
    })
  }
  if (min !== undefined) {
    promised.push({ ...aboutTimed, kind: 'minDuration', target: `at least ${min} s`, breaches: fast(timed, min) })
  }
  if (perHour !== undefined) {
    const breaches = tooOften(runs, perHour, isJudged)
    promised.push({ ...about, kind: 'runsPerHour', target: `at most ${perHour} runs an hour`, breaches })
  }
  if (atOnce !== undefined) {
    const breaches = overlapping(runs, atOnce, isJudged)
    promised.push({ ...about, kind: 'concurrentRuns', target: `at most ${atOnce} at once`, breaches })
  }
  return promised
}

/** Returns the objectives of all runs together. */
export function rateObjectives(
  runs: readonly JudgedRun[],
  { minSuccessRatePercent: minRate }: ServiceLevelSettings,
  { fromMs }: JudgedBounds,
): Promised[] {
  if (minRate === undefined) return []
  const known = runs.filter(({ startedAt, success }) => success !== null && Date.parse(startedAt) >= fromMs)
  const breaches = known.flatMap((run) => (run.success ? [] : breach(run, 'failed'))).reverse()
  const target = `${minRate} % succeed`
  return [{ kind: 'successRate', target, requiredPercent: minRate, judged: known.length, breaches }]
}

export function roundToTenth(value: number): number {
  return Number(value.toFixed(1))
}

function slow(runs: readonly TimedRun[], maxSecs: number): Breach[] {
  return runs
    .filter(({ durationSecs }) => durationSecs > maxSecs)
    .sort((a, b) => b.durationSecs - a.durationSecs)
    .map((run) =>
      breach(run, `${run.runningSecs === null ? 'took' : 'has been running for'} ${roundToTenth(run.durationSecs)} s`),
    )
}

/** Returns the runs that were too short. A run that failed early is a failure, not a short run. */
function fast(runs: readonly TimedRun[], minSecs: number): Breach[] {
  return runs
    .filter(({ durationSecs, success }) => success === true && durationSecs < minSecs)
    .sort((a, b) => a.durationSecs - b.durationSecs)
    .map((run) => breach(run, `took only ${roundToTenth(run.durationSecs)} s`))
}

/** Returns the runs that start after at least `max` others within an hour; the newest first. */
function tooOften(runs: readonly JudgedRun[], max: number, isJudged: (run: JudgedRun) => boolean): Breach[] {
  const found: Breach[] = []
  let oldest = 0
  for (const [at, run] of runs.entries()) {
    const startMs = Date.parse(run.startedAt)
    while (Date.parse(runs[oldest]?.startedAt ?? run.startedAt) <= startMs - HOUR_MS) oldest++
    const count = at - oldest + 1
    if (count > max && isJudged(run)) found.push(breach(run, `was run ${count} within an hour`))
  }
  return found.reverse()
}

/** Returns the runs that start while at least `max` others run; the newest first. */
function overlapping(runs: readonly JudgedRun[], max: number, isJudged: (run: JudgedRun) => boolean): Breach[] {
  // A run without duration still runs at its start.
  const ends = runs.map((run) => Math.max(Date.parse(run.endedAt), Date.parse(run.startedAt) + 1)).sort((a, b) => a - b)
  const found: Breach[] = []
  let ended = 0
  for (const [started, run] of runs.entries()) {
    const startMs = Date.parse(run.startedAt)
    // Runs that have ended by this time started earlier.
    while ((ends[ended] ?? Number.POSITIVE_INFINITY) <= startMs) ended++
    const running = started - ended + 1
    if (running > max && isJudged(run))
      found.push(breach(run, `overlapped ${running - 1} ${running === 2 ? 'other run' : 'other runs'}`))
  }
  return found.reverse()
}

function breach({ runId, startedAt, endedAt }: JudgedRun, detail: string): Breach {
  return { runId, at: startedAt, knownAt: endedAt, detail }
}
