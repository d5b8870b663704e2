import type { Alert } from '../alert.ts'
import { digest, outageOf } from '../failed-runs.ts'
import type { Outage } from './read-outage.ts'

/** Returns the alert of a whole outage, created from that of its last run. */
export function alertOfOutage(alert: Alert, { failedRuns, firstRunId, since, pipeline }: Outage): Alert {
  if (failedRuns === 1) return { ...alert, id: `outage:${digest([alert.tableFqn, pipeline, firstRunId])}` }
  return {
    ...alert,
    id: `outage:${digest([alert.tableFqn, pipeline, firstRunId])}`,
    title: `failed ${failedRuns} times in a row: ${pipeline}`,
    text: `${failedRuns} runs in a row failed since ${since}. The last one: ${alert.text}`,
  }
}

/** Returns the alert that ends an outage; undefined while it lasts. */
export function alertOfRecovery(outage: Outage, tableFqn: string): Alert | undefined {
  const { pipeline, recovery, failedRuns, firstRunId, since, startedAt } = outage
  if (!recovery) return undefined
  const durationMs = Math.max(0, Date.parse(recovery.at) - Date.parse(since))
  const runs = failedRuns === 1 ? 'one failed run' : `${failedRuns} failed runs`
  return {
    id: `recovered:${digest([tableFqn, pipeline, firstRunId])}`,
    kind: 'recovered',
    severity: 'info',
    title: `recovered: ${pipeline}`,
    text: `Run ${recovery.runId} succeeded after ${runs}; the outage lasted ${durationText(durationMs)}, from ${since} to ${recovery.at}.`,
    tableFqn,
    pipeline,
    step: null,
    runId: recovery.runId,
    occurredAt: recovery.at,
    incident: outageOf(tableFqn, pipeline),
    outage: { startedAt, since, durationMs, failedRuns },
  }
}

/** Returns a duration such as `45 s`, `12 min`, `2 h 10 min` or `3 d 4 h`. */
function durationText(milliseconds: number): string {
  const seconds = milliseconds / 1000
  if (seconds < 90) return `${Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 48) return `${hours} h ${minutes % 60} min`
  return `${Math.floor(hours / 24)} d ${hours % 24} h`
}
