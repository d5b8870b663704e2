import type { Alert, AlertSeverity } from '../alert.ts'

const MOST_LINES = 20

/** `[error] failed: orders (silver.clean)`, or what several come to. */
export function subjectOf(alerts: readonly Alert[]): string {
  const [only, ...others] = alerts
  if (only && others.length === 0) return `[${only.severity}] ${only.title}`
  const counts = new Map<AlertSeverity, number>()
  for (const { severity } of alerts) counts.set(severity, (counts.get(severity) ?? 0) + 1)
  const parts = (['critical', 'error', 'warning', 'info'] as const).flatMap((severity) => {
    const count = counts.get(severity)
    return count === undefined ? [] : [`${count} ${severity}`]
  })
  return `${alerts.length} alerts: ${parts.join(', ')}`
}

/** Plain lines, the first ones in full. */
export function linesOf(alerts: readonly Alert[]): string[] {
  const lines = alerts.slice(0, MOST_LINES).flatMap((alert) => {
    const head = alerts.length === 1 ? [] : [`[${alert.severity}] ${alert.title}`]
    return [...head, alert.text]
  })
  return alerts.length > MOST_LINES ? [...lines, `and ${alerts.length - MOST_LINES} more`] : lines
}
