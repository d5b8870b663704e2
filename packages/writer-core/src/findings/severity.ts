/** The severities of findings and alerts, from the least to the most severe. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const

export type AnomalySeverity = (typeof SEVERITIES)[number]

/** Returns whether `severity` is at least as severe as `least`. */
export function isAtLeast(severity: AnomalySeverity, least: AnomalySeverity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)
}
