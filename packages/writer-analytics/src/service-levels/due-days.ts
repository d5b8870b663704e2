import type { ServiceLevelSettings } from '@forge/writer-core'
import { addDays, zoneTime } from '../reading/zone-time.ts'

/** A moment of a run, such as its start. */
export interface RunMoment {
  readonly runId: string
  /** ISO 8601, UTC. */
  readonly at: string
}

/** One day on which something was due. */
export interface DueDay {
  /** `YYYY-MM-DD` of local time. */
  readonly date: string
  /** ISO 8601, UTC. */
  readonly dueAt: string
  /** The first moment after the due time before; null if there was no such moment. ISO 8601, UTC. */
  readonly doneAt: string | null
  readonly runId: string | null
  readonly isKept: boolean
}

/** The time after a due time from which a run counts for the next one. */
const LATEST_MS = 43_200_000

export interface DueRange {
  readonly fromMs: number
  /** The time from which due times are not judged. */
  readonly toMs: number
}

export interface DueTime extends Pick<ServiceLevelSettings, 'timeZone' | 'dueDays'> {
  /** `HH:MM` of local time. */
  readonly time: string
}

/** Returns the days of the range with a due time, each judged by the moments since the due time before. */
export function dueDays(
  moments: readonly RunMoment[],
  { time, timeZone = 'UTC', dueDays: weekdays }: DueTime,
  { fromMs, toMs }: DueRange,
): DueDay[] {
  const zone = zoneTime(timeZone)
  const seconds = secondsOfDay(time)
  const sorted = moments.map((moment) => ({ ...moment, ms: Date.parse(moment.at) })).sort((a, b) => a.ms - b.ms)
  const days: DueDay[] = []
  let next = 0
  for (let date = zone.dateOf(fromMs); ; date = addDays(date, 1)) {
    const dueMs = zone.instantOf(date, seconds)
    if (dueMs >= toMs) return days
    if (dueMs < fromMs || (weekdays && !weekdays.includes(weekdayOf(date)))) continue
    const sinceMs = zone.instantOf(addDays(date, -1), seconds)
    while (next < sorted.length && (sorted[next]?.ms ?? 0) <= sinceMs) next++
    const day = dueDay(date, dueMs, sorted[next])
    days.push(day)
    // A late run for one day is not an early run for the next.
    if (!day.isKept && day.runId !== null) next++
  }
}

function dueDay(date: string, dueMs: number, first: (RunMoment & { readonly ms: number }) | undefined): DueDay {
  const moment = first && first.ms <= dueMs + LATEST_MS ? first : undefined
  return {
    date,
    dueAt: new Date(dueMs).toISOString(),
    doneAt: moment?.at ?? null,
    runId: moment?.runId ?? null,
    isKept: moment !== undefined && moment.ms <= dueMs,
  }
}

/** Returns the seconds since midnight of `HH:MM`. */
export function secondsOfDay(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 3600 + minutes * 60
}

/** Returns the weekday of a date, 1 (Monday) to 7. */
export function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7
}
