import { SEVERITIES } from '@forge/writer-core'
import type { Alert, AlertSeverity } from '../alert.ts'
import { fitText, oneLine } from './fit-text.ts'

const MAX_LINES = 20
/** The maximum length of the text of one of several alerts. */
const MAX_PART = 300

/** Returns a subject such as `[error] failed: orders (silver.clean)`, or a summary of several alerts. */
export function subjectOf(alerts: readonly Alert[]): string {
  const [only, ...others] = alerts
  if (only && others.length === 0) return `[${only.severity}] ${only.title}`
  const counts = new Map<AlertSeverity, number>()
  for (const { severity } of alerts) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  const parts = [...SEVERITIES].reverse().flatMap((severity) => {
    const count = counts.get(severity)
    return count === undefined ? [] : [`${count} ${severity}`]
  })
  return `${alerts.length} alerts: ${parts.join(', ')}`
}

/** Returns the alerts as lines of text, the first ones in full. */
export function linesOf(alerts: readonly Alert[]): string[] {
  const [only, ...others] = alerts
  if (only && others.length === 0) return [only.text]
  const lines = alerts.slice(0, MAX_LINES).flatMap((alert) => {
    return [`[${alert.severity}] ${oneLine(alert.title)}`, fitText(oneLine(alert.text), MAX_PART)]
  })
  const more = alerts.length > MAX_LINES ? [`and ${alerts.length - MAX_LINES} more`] : []
  return [`${spanOf(alerts)}:`, ...lines, ...more]
}

/** Returns a span such as `from 2024-01-01 to 2024-12-31` if the alerts are of several days. */
function spanOf(alerts: readonly Alert[]): string {
  const days = alerts.map(({ occurredAt }) => occurredAt.slice(0, 10)).sort()
  const [first = ''] = days
  const last = days.at(-1) ?? first
  return first === last ? first : `from ${first} to ${last}`
}
