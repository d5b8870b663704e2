import type { ServiceLevelSettings } from '@forge/writer-core'
import { addDays, zoneTime } from '../reading/zone-time.ts'
import type { JudgedRun } from './judged-runs.ts'

/** One day on which a run was due. */
export interface DueDay {
  /** `YYYY-MM-DD` of local time. */
  readonly date: string
  /** ISO 8601, UTC. */
  readonly dueAt: string
  /** End of the first run that succeeded after the due time before; null where there is none. */
  readonly succeededAt: string | null
  readonly runId: string | null
  readonly isKept: boolean
}

/** A run that comes later than this after a due time is one for the next. */
const LATEST_MS = 43_200_000

export interface DueRange {
  readonly fromMs: number
  /** Due times from here on are not judged. */
  readonly toMs: number
}

/** The days of the range on which a run was due, each judged by the runs that ended since the due time before. */
export function dueDays(
  runs: readonly JudgedRun[],
  { dueTime = '00:00', timeZone = 'UTC', dueDays: weekdays }: ServiceLevelSettings,
  { fromMs, toMs }: DueRange,
): DueDay[] {
  const zone = zoneTime(timeZone)
  const seconds = secondsOfDay(dueTime)
  const good = runs.filter(({ success }) => success).map((run) => ({ ...run, endMs: Date.parse(run.endedAt) }))
  good.sort((a, b) => a.endMs - b.endMs)
  const days: DueDay[] = []
  let next = 0
  for (let date = zone.dateOf(fromMs); ; date = addDays(date, 1)) {
    const dueMs = zone.instantOf(date, seconds)
    if (dueMs >= toMs) return days
    if (dueMs < fromMs || (weekdays && !weekdays.includes(weekdayOf(date)))) continue
    const sinceMs = zone.instantOf(addDays(date, -1), seconds)
    while (next < good.length && (good[next]?.endMs ?? 0) <= sinceMs) next++
    const day = dueDay(date, dueMs, good[next])
    days.push(day)
    // What came late for one day is not early for the next.
    if (!day.isKept && day.runId !== null) next++
  }
}

function dueDay(
  date: string,
  dueMs: number,
  first: { readonly endMs: number; readonly endedAt: string; readonly runId: string } | undefined,
): DueDay {
  const run = first && first.endMs <= dueMs + LATEST_MS ? first : undefined
  return {
    date,
    dueAt: new Date(dueMs).toISOString(),
    succeededAt: run?.endedAt ?? null,
    runId: run?.runId ?? null,
    isKept: run !== undefined && run.endMs <= dueMs,
  }
}

function secondsOfDay(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return hours * 3600 + minutes * 60
}

/** 1 (Monday) to 7. */
function weekdayOf(date: string): number {
  return new Date(`${date}T00:00:00Z`).getUTCDay() || 7
}
