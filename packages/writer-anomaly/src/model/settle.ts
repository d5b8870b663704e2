import { type Anomaly, type AnomalyType, isAtLeast } from '@forge/writer-core'
import { HOUR_MS, type ZoneClock } from '@forge/writer-core/storage'
import { dayOf, isDayOfRest } from '../baseline/calendar.ts'
import type { FeedbackIndex } from '../feedback/feedback.ts'
import { correlatedRun } from '../findings/correlated-run.ts'
import type { ResolvedOptions } from '../options/anomaly-options.ts'
import { restsAtWeekends } from '../schedule/schedule.ts'
import type { OpenRun, PipelineState, Report } from './pipeline-state.ts'
import { raiseToError, streakWith } from './warning-streak.ts'

interface SettleContext {
  readonly pipeline: string
  readonly options: ResolvedOptions
  readonly feedback: FeedbackIndex
  readonly nowMs: number
}

/**
 * Returns the findings of a run: each with what suppresses it, and one about the whole run if it replaces many of them. Changes nothing unless
 * `isClosing`; then it notes what was reported.
 */
export function settle(
  state: PipelineState,
  run: OpenRun,
  { isClosing, ...context }: SettleContext & { readonly isClosing: boolean },
): Anomaly[] {
  const { options, feedback } = context
  const candidates = [...run.candidates.values()].filter(({ type }) => options.types.has(type))
  if (candidates.length === 0) return []
  const all = candidates.map((each) => raiseToError(each, state.warned.get(reportKey(each)), state.runs))
  const silenced = new Map<string, string>()
  const silence = (anomaly: Anomaly, by: string | undefined) => {
    if (by !== undefined && !silenced.has(anomaly.id)) silenced.set(anomaly.id, by)
  }
  if (!feedback.isEmpty) for (const each of all) silence(each, feedback.silences(each))
  // With a calendar of holidays, they need not be guessed.
  if (options.holidays.size === 0) silenceWeekendLike(state, run, all, { silence, zone: options.zone, isClosing })
  for (const each of all) if (isSumOfUsual(each, run, all)) silence(each, 'steps_as_usual')
  for (const each of all) {
    if (silenced.has(each.id)) continue
    if (isClosing) noteWarning(state, each)
    if (isRepetition(state, each, options)) silence(each, 'cooldown')
  }
  // A suppressed finding suppresses nothing.
  const loud = all.filter(({ id }) => !silenced.has(id))
  silenceConsequences(loud, silence)
  const parent = wholeRun(
    run,
    loud.filter(({ id }) => !silenced.has(id)),
    context,
  )
  if (parent) for (const each of loud) if (each.id !== parent.id && isBeneath(each)) silence(each, parent.id)
  if (parent && !all.some(({ id }) => id === parent.id)) all.unshift(parent)
  if (isClosing) noteReported(state, all, silenced)
  return all.map((each) => {
    const by = silenced.get(each.id)
    return by === undefined ? each : { ...each, suppressedBy: by }
  })
}

/** Returns one finding about the whole run, if it replaces many. */
function wholeRun(
  run: OpenRun,
  loud: readonly Anomaly[],
  { pipeline, options, nowMs }: SettleContext,
): Anomaly | undefined {
  if (!options.types.has('correlated_run')) return undefined
  const steps = [...run.steps].filter((key) => !key.startsWith('pipeline\0')).length
  const { runId, startMs } = run
  const made = correlatedRun({ pipeline, runId, startMs, steps }, loud.filter(isPart), nowMs)
  return made ?? loud.find(({ type }) => type === 'correlated_run')
}

/** Returns whether a finding is part of what a finding about the whole run says. */
function isBeneath(anomaly: Anomaly): boolean {
  return isPart(anomaly) || (anomaly.phase === 'pipeline' && !isStreak(anomaly))
}

/** Notes what was reported: a finding beneath a reported one was reported with it. */
function noteReported(state: PipelineState, all: readonly Anomaly[], silenced: ReadonlyMap<string, string>): void {
  const byId = new Map(all.map((each) => [each.id, each]))
  const isReported = ({ id }: Anomaly): boolean => {
    const cause = byId.get(silenced.get(id) ?? '')
    return silenced.has(id) ? cause !== undefined && isReported(cause) : true
  }
  for (const each of all) if (isReported(each)) state.reports.set(reportKey(each), reportOf(state, each))
}

/** Returns whether a finding about a single step can be a part of a finding about the run. */
function isPart(anomaly: Anomaly): boolean {
  const { type, phase } = anomaly
  return phase !== null && phase !== 'pipeline' && type !== 'step_new' && type !== 'error_cluster' && !isStreak(anomaly)
}

/** Returns whether the finding is a streak of failures, which is never hidden beneath another one. */
function isStreak({ detector }: Anomaly): boolean {
  return detector === 'streak'
}

const SAME_CAUSE: Readonly<Partial<Record<AnomalyType, readonly AnomalyType[]>>> = {
  duration_spike: ['row_count_spike', 'level_shift'],
  duration_drop: ['row_count_drop', 'zero_rows', 'level_shift'],
  row_count_drop: ['level_shift'],
  row_count_spike: ['level_shift'],
  write_ratio: ['zero_rows', 'validation_rate_drop'],
  error_cluster: ['failure_rate'],
}

/** Suppresses the findings that follow from a cause: in the same step, and in the row of the whole run. */
function silenceConsequences(candidates: readonly Anomaly[], silence: (anomaly: Anomaly, by: string) => void): void {
  for (const each of candidates) {
    const causes = SAME_CAUSE[each.type] ?? []
    const cause = candidates.find(
      (other) =>
        other.phase === each.phase && other.step === each.step && causes.includes(other.type) && explains(other, each),
    )
    if (cause) silence(each, cause.id)
    if (each.phase !== 'pipeline') continue
    if (isStreak(each)) {
      // The run fails because the step does.
      const ofStep = candidates.find((other) => isStreak(other) && other.phase !== 'pipeline')
      if (ofStep) silence(each, ofStep.id)
      continue
    }
    const inStep = candidates.find((other) => isPart(other) && (other.type === each.type || explains(other, each)))
    if (inStep) silence(each, inStep.id)
  }
}

/**
 * Returns whether a finding explains another: a level shift explains changes of the same metric, and more or fewer rows explain a duration that is
 * longer or shorter to the same degree.
 */
function explains(cause: Anomaly, effect: Anomaly): boolean {
  if (cause.type === 'level_shift' || effect.type === 'error_cluster' || effect.type === 'write_ratio') {
    return cause.metric === effect.metric || effect.metric !== 'duration_secs'
  }
  if (cause.type === 'validation_rate_drop') return false
  if (cause.type === 'zero_rows') return effect.type === 'duration_drop' || effect.type === 'row_count_drop'
  if (cause.metric !== 'rows_processed' || effect.metric !== 'duration_secs') return false
  const [rows, seconds] = [ratioOf(cause), ratioOf(effect)]
  return rows * seconds > 0 && Math.abs(seconds) <= 1.3 * Math.abs(rows) + 0.2
}

function ratioOf({ value, expected }: Anomaly): number {
  return Math.log(Math.max(value ?? 0, 1e-9) / Math.max(expected ?? 0, 1e-9))
}

/** Suppresses the findings of a weekday on which half of the steps look like those of a weekend, or on which most of the world rests. */
function silenceWeekendLike(
  state: PipelineState,
  { weekendLike, steps, startMs }: OpenRun,
  candidates: readonly Anomaly[],
  {
    silence,
    zone,
    isClosing,
  }: {
    readonly silence: (anomaly: Anomaly, by: string) => void
    readonly zone: ZoneClock
    readonly isClosing: boolean
  },
): void {
  const localMs = zone.localMs(startMs)
  const today = dayOf(localMs - state.dayStart * HOUR_MS)
  const isLikely =
    (isDayOfRest(localMs) && (weekendLike.size > 0 || restsAtWeekends(state.schedule, zone.localMs))) ||
    // The first steps of a run show it as well if an earlier run of the day has shown it.
    (state.quietDay === today && weekendLike.size > 0)
  const isShown = weekendLike.size >= Math.max(2, 0.4 * steps.size)
  if (isShown && isClosing) state.quietDay = today
  if (!isLikely && !isShown) return
  for (const each of candidates) if (isLow(each)) silence(each, 'weekend_like_day')
}

/**
 * Returns whether the finding is about the rows of a whole run none of whose steps has more or fewer rows than usual. One step that has no rows now
 * and then can reduce the sum by most of it.
 */
function isSumOfUsual({ phase, metric }: Anomaly, { steps }: OpenRun, all: readonly Anomaly[]): boolean {
  if (phase !== 'pipeline' || metric !== 'rows_processed' || steps.size < 2) return false
  return !all.some((other) => other.phase !== 'pipeline' && other.metric === metric)
}

const LOW: ReadonlySet<AnomalyType> = new Set(['row_count_drop', 'duration_drop', 'zero_rows'])

function isLow({ type, deviation }: Anomaly): boolean {
  return LOW.has(type) || (type === 'correlated_run' && (deviation.robustZ ?? 0) < 0)
}

/** The minimum increase of a score for which a finding is reported again. */
const CLEARLY_MORE = 0.05

/** Returns whether the finding repeats one that was reported at least as severely, not long enough ago. */
function isRepetition(state: PipelineState, anomaly: Anomaly, { cooldown }: ResolvedOptions): boolean {
  const last = state.reports.get(reportKey(anomaly))
  // Each gap between runs is a finding of its own, and a streak of failures is reported when it has doubled.
  if (!last || anomaly.metric === 'interval_secs' || isStreak(anomaly)) return false
  const isOver = Date.parse(anomaly.occurredAt) - last.timeMs >= cooldown.ms && state.runs - last.run >= cooldown.runs
  if (isOver) return false
  return anomaly.score < last.score + CLEARLY_MORE && isAtLeast(last.severity, anomaly.severity)
}

function reportOf({ runs }: PipelineState, { occurredAt, score, severity }: Anomaly): Report {
  return { timeMs: Date.parse(occurredAt), run: runs, score, severity }
}

/** Counts warnings in a row; mere information is not a warning. */
function noteWarning({ warned, runs }: PipelineState, each: Anomaly): void {
  const key = reportKey(each)
  if (each.severity !== 'info') warned.set(key, streakWith(warned.get(key), runs))
}

function reportKey({ type, phase, step, metric }: Anomaly): string {
  return [type, phase, step, metric].join('\0')
}
