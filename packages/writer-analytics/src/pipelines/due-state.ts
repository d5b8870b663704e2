import type { ServiceLevelSettings } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'
import { addDays, zoneTime } from '../reading/zone-time.ts'
import type { RunFacts } from '../runs/run-facts.ts'
import { dueDays, type RunMoment, secondsOfDay, weekdayOf } from '../service-levels/due-days.ts'

/** The due times of a pipeline. */
export interface DueState {
  /** The next due time. ISO 8601, UTC; null if nothing is due in the next 8 days. */
  readonly nextDueAt: string | null
  /** The due time that passed without a success; null if the last one was met, or met late. ISO 8601, UTC. */
  readonly lateSince: string | null
}

const MAX_DAYS = 8
/** A strip of rare runs is looked at for no longer than this. */
const MAX_STRIP_DAYS = 366

/** Returns what is due by a service level with a due time; `successes` are the ends of runs that succeeded. */
export function dueStateOf(level: ServiceLevelSettings, successes: readonly RunMoment[], now: Date): DueState {
  const { dueTime, timeZone = 'UTC', dueDays: weekdays } = level
  if (dueTime === undefined) return { nextDueAt: null, lateSince: null }
  const bounds = { fromMs: now.getTime() - MAX_DAYS * DAY_MS, toMs: now.getTime() }
  const last = dueDays(successes, { ...level, time: dueTime }, bounds).at(-1)
  const zone = zoneTime(timeZone)
  let nextDueAt: string | null = null
  let date = zone.dateOf(now.getTime())
  for (let day = 0; day <= MAX_DAYS && nextDueAt === null; day++, date = addDays(date, 1)) {
    const dueMs = zone.instantOf(date, secondsOfDay(dueTime))
    if (dueMs > now.getTime() && (!weekdays || weekdays.includes(weekdayOf(date))))
      nextDueAt = new Date(dueMs).toISOString()
  }
  return { nextDueAt, lateSince: last && last.doneAt === null ? last.dueAt : null }
}

/** Returns the due times of a level since the first of some runs before which none of them started since the due time before. */
export function missedDueTimes(
  level: ServiceLevelSettings,
  runs: readonly Pick<RunFacts, 'runId' | 'startedAt'>[],
  now: Date,
): string[] {
  const { dueTime } = level
  const starts = runs.flatMap(({ runId, startedAt }) => (startedAt === null ? [] : [{ runId, at: startedAt }]))
  if (dueTime === undefined || starts.length === 0) return []
  const firstMs = starts.reduce((least, { at }) => Math.min(least, Date.parse(at)), Number.POSITIVE_INFINITY)
  const bounds = { fromMs: Math.max(firstMs, now.getTime() - MAX_STRIP_DAYS * DAY_MS), toMs: now.getTime() }
  const days = dueDays(starts, { ...level, time: dueTime }, bounds)
  return days.flatMap(({ dueAt, doneAt }) => (doneAt === null ? [dueAt] : []))
}
