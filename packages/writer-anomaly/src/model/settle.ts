import { type Anomaly, type AnomalyType, isAtLeast, type ZoneClock } from '@forge/writer-core'
import { HOUR_MS, isDayOfRest } from '../baseline/calendar.ts'
import type { FeedbackIndex } from '../feedback/feedback.ts'
import { correlatedRun } from '../findings/correlated-run.ts'
import type { ResolvedOptions } from './options.ts'
import type { OpenRun, PipelineState, Told } from './pipeline-state.ts'
import { restsAtWeekends } from './schedule.ts'
import { raised, streakWith } from './warning-streak.ts'

interface SettleContext {
  readonly pipeline: string
  readonly options: ResolvedOptions
  readonly feedback: FeedbackIndex
  readonly nowMs: number
}

/**
 * What a run's findings come to: each with what silences it, and the run itself in place of many of them. Changes nothing but, where `isClosing`,
 * what was told and warned of.
 */
export function settle(
  state: PipelineState,
  run: OpenRun,
  { isClosing, ...context }: SettleContext & { readonly isClosing: boolean },
): Anomaly[] {
  const { options, feedback } = context
  const candidates = [...run.candidates.values()].filter(({ type }) => options.types.has(type))
  if (candidates.length === 0) return []
  const all = candidates.map((each) => raised(each, state.warned.get(toldKey(each)), state.runs))
  const silenced = new Map<string, string>()
  const silence = (anomaly: Anomaly, by: string | undefined) => {
    if (by !== undefined && !silenced.has(anomaly.id)) silenced.set(anomaly.id, by)
  }
  if (!feedback.isEmpty) for (const each of all) silence(each, feedback.silences(each))
  // Who gives a calendar of holidays need not guess them.
  if (options.holidays.size === 0) silenceWeekendLike(state, run, all, { silence, zone: options.zone })
  for (const each of all) {
    if (silenced.has(each.id)) continue
    if (isClosing) noteWarning(state, each)
    if (isRepetition(state, each, options)) silence(each, 'cooldown')
  }
  // What is silent silences nothing.
  const loud = all.filter(({ id }) => !silenced.has(id))
  silenceConsequences(loud, silence)
  const parent = wholeRun(
    run,
    loud.filter(({ id }) => !silenced.has(id)),
    context,
  )
  if (parent) for (const each of loud) if (each.id !== parent.id && isBeneath(each)) silence(each, parent.id)
  if (parent && !all.some(({ id }) => id === parent.id)) all.unshift(parent)
  if (isClosing) noteTold(state, all, silenced)
  return all.map((each) => {
    const by = silenced.get(each.id)
    return by === undefined ? each : { ...each, suppressed_by: by }
  })
}

/** One finding about the whole run, where it takes the place of many. */
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

/** Whether a finding is part of what a finding about the whole run says. */
function isBeneath(anomaly: Anomaly): boolean {
  return isPart(anomaly) || (anomaly.phase === 'pipeline' && !isStreak(anomaly))
}

/** Notes what people have been told: what is beneath a finding that is told was told with it. */
function noteTold(state: PipelineState, all: readonly Anomaly[], silenced: ReadonlyMap<string, string>): void {
  const byId = new Map(all.map((each) => [each.id, each]))
  const isTold = ({ id }: Anomaly): boolean => {
    const cause = byId.get(silenced.get(id) ?? '')
    return silenced.has(id) ? cause !== undefined && isTold(cause) : true
  }
  for (const each of all) if (isTold(each)) state.told.set(toldKey(each), toldOf(state, each))
}

/** Findings about single steps, of which a run's finding can be made. */
function isPart(anomaly: Anomaly): boolean {
  const { type, phase } = anomaly
  return phase !== null && phase !== 'pipeline' && type !== 'step_new' && type !== 'error_cluster' && !isStreak(anomaly)
}

/** A step that fails run after run is never hidden beneath something else. */
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

/** A cause silences what follows from it: in the same step, and in the row of the whole run. */
function silenceConsequences(candidates: readonly Anomaly[], silence: (anomaly: Anomaly, by: string) => void): void {
  for (const each of candidates) {
    const causes = SAME_CAUSE[each.type] ?? []
    const cause = candidates.find(
      (other) =>
        other.phase === each.phase && other.step === each.step && causes.includes(other.type) && explains(other, each),
    )
    if (cause) silence(each, cause.id)
    if (each.phase !== 'pipeline' || isStreak(each)) continue
    const inStep = candidates.find((other) => isPart(other) && (other.type === each.type || explains(other, each)))
    if (inStep) silence(each, inStep.id)
  }
}

/** A level shift explains what the same metric did; more or fewer rows explain as much longer or shorter a duration. */
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

/** A weekday on which half of the steps look as on a weekend is a holiday, and so is one on which most of the world rests. */
function silenceWeekendLike(
  { schedule }: PipelineState,
  { weekendLike, steps, startMs }: OpenRun,
  candidates: readonly Anomaly[],
  { silence, zone }: { readonly silence: (anomaly: Anomaly, by: string) => void; readonly zone: ZoneClock },
): void {
  const isLikely =
    isDayOfRest(zone.localMs(startMs)) && (weekendLike.size > 0 || restsAtWeekends(schedule, zone.localMs))
  if (!isLikely && weekendLike.size < Math.max(2, 0.4 * steps.size)) return
  for (const each of candidates) if (isLow(each)) silence(each, 'weekend_like_day')
}

const LOW: ReadonlySet<AnomalyType> = new Set(['row_count_drop', 'duration_drop', 'zero_rows'])

function isLow({ type, deviation }: Anomaly): boolean {
  return LOW.has(type) || (type === 'correlated_run' && (deviation.robust_z ?? 0) < 0)
}

/** By how much a score must be higher to be told again. */
const CLEARLY_MORE = 0.05

/** Told already, and neither enough time and runs ago nor less gravely. */
function isRepetition(state: PipelineState, anomaly: Anomaly, { cooldown }: ResolvedOptions): boolean {
  const told = state.told.get(toldKey(anomaly))
  // Each gap between runs is one finding by itself, and a streak of failures is told when it has doubled.
  if (!told || anomaly.metric === 'interval_secs' || isStreak(anomaly)) return false
  const isOver =
    Date.parse(anomaly.occurred_at) - told.timeMs >= cooldown.hours * HOUR_MS && state.runs - told.run >= cooldown.runs
  if (isOver) return false
  return anomaly.score < told.score + CLEARLY_MORE && isAtLeast(told.severity, anomaly.severity)
}

function toldOf({ runs }: PipelineState, { occurred_at, score, severity }: Anomaly): Told {
  return { timeMs: Date.parse(occurred_at), run: runs, score, severity }
}

/** What is information only is no warning. */
function noteWarning({ warned, runs }: PipelineState, each: Anomaly): void {
  const key = toldKey(each)
  if (each.severity !== 'info') warned.set(key, streakWith(warned.get(key), runs))
}

function toldKey({ type, phase, step, metric }: Anomaly): string {
  return [type, phase, step, metric].join('\0')
}
