import type { AnomalySeverity } from '@forge/writer-core'

export type AlertKind = 'anomaly' | 'quality' | 'failure'
export type AlertSeverity = AnomalySeverity

/** What people are told. */
export interface Alert {
  /** The same however often it is raised: told once. */
  readonly id: string
  readonly kind: AlertKind
  readonly severity: AlertSeverity
  /** One line. */
  readonly title: string
  /** A sentence or a few, with figures. */
  readonly text: string
  readonly tableFqn: string
  readonly pipeline: string | null
  readonly step: string | null
  readonly runId: string | null
  /** ISO 8601, UTC. */
  readonly occurredAt: string
}

const RANKS: readonly AlertSeverity[] = ['info', 'warning', 'error', 'critical']

/** Whether `severity` is at least `least`. */
export function isAtLeast(severity: AlertSeverity, least: AlertSeverity): boolean {
  return RANKS.indexOf(severity) >= RANKS.indexOf(least)
}
