import type { ServiceLevelSettings } from '@forge/writer-core'
import { type DueDay, dueDays } from './due-days.ts'
import type { JudgedRun } from './judged-runs.ts'
import type { Breach, JudgedBounds, Promised } from './promised.ts'
import { roundToTenth } from './run-objectives.ts'

/** Returns the objectives of each day. */
export function dayObjectives(
  runs: readonly JudgedRun[],
  level: ServiceLevelSettings,
  bounds: JudgedBounds,
): Promised[] {
  const { startBy, dueTime, timeZone = 'UTC', objectivePercent: requiredPercent = 100 } = level
  const promised: Promised[] = []
  if (dueTime !== undefined) {
    const moments = runs.flatMap(({ runId, endedAt, success }) => (success ? { runId, at: endedAt } : []))
    const days = dueDays(moments, { ...level, time: dueTime }, bounds)
    const breaches = late(days, (day) => lateBreach(day, 'succeeded'))
    promised.push({
      kind: 'dueTime',
      target: `by ${dueTime} ${timeZone}`,
      requiredPercent,
      judged: days.length,
      breaches,
    })
  }
  if (startBy !== undefined) {
    const moments = runs.map(({ runId, startedAt }) => ({ runId, at: startedAt }))
    const days = dueDays(moments, { ...level, time: startBy }, bounds)
    const breaches = late(days, (day) => lateBreach(day, 'started'))
    const target = `start by ${startBy} ${timeZone}`
    promised.push({ kind: 'startBy', target, requiredPercent, judged: days.length, breaches })
  }
  return promised
}

/** Returns the breaches of late days, newest first. */
function late(days: readonly DueDay[], breachOf: (day: DueDay) => Breach): Breach[] {
  return days
    .filter(({ isKept }) => !isKept)
    .reverse()
    .map(breachOf)
}

function lateBreach({ runId, dueAt, doneAt, date }: DueDay, what: 'succeeded' | 'started'): Breach {
  if (doneAt === null) return { runId: null, at: dueAt, knownAt: dueAt, detail: `no run ${what} for ${date}` }
  const lateSecs = (Date.parse(doneAt) - Date.parse(dueAt)) / 1000
  const verb = what === 'started' ? 'started ' : ''
  return { runId, at: dueAt, knownAt: doneAt, detail: `${verb}${roundToTenth(lateSecs / 60)} min late on ${date}` }
}
