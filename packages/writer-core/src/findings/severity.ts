/** The severities of findings and alerts, from the least to the most severe. */
export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const

export type AnomalySeverity = (typeof SEVERITIES)[number]

/** The severities of rules: only `error` decides; `warning` is reported. */
export type RuleSeverity = Extract<AnomalySeverity, 'warning' | 'error'>

/** Returns whether `severity` is at least as severe as `least`. */
export function isAtLeast(severity: AnomalySeverity, least: AnomalySeverity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least)
}

/** Returns the more severe of two severities. */
export function worstSeverity(a: AnomalySeverity, b: AnomalySeverity): AnomalySeverity {
  return isAtLeast(a, b) ? a : b
}
