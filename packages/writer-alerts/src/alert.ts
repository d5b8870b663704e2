import type { AnomalySeverity } from '@forge/writer-core'

export type AlertKind = 'anomaly' | 'quality' | 'failure' | 'sla' | 'lost' | 'recovered'
export type AlertSeverity = AnomalySeverity

/** A message for people. */
export interface Alert {
  /** The id; the same each time that the alert is raised, so that it is sent once. */
  readonly id: string
  readonly kind: AlertKind
  readonly severity: AlertSeverity
  /** The title, one line. */
  readonly title: string
  /** The text: one or a few sentences, with figures. */
  readonly text: string
  readonly tableFqn: string
  readonly pipeline: string | null
  readonly step: string | null
  readonly runId: string | null
  /** The time of what happened. ISO 8601, UTC. */
  readonly occurredAt: string
  /** The key that the alerts of one outage share, including the one of kind `recovered` that ends it. */
  readonly incident?: string | undefined
  /** The `owner` in the metadata of the run. */
  readonly owner?: string | undefined
  /** The `tags` in the metadata of the run. */
  readonly tags?: readonly string[] | undefined
  /** The outage that an alert of kind `recovered` ends. */
  readonly outage?: EndedOutage | undefined
  /** The address of the run, created from the `linkTemplate` of the setting. */
  readonly link?: string | undefined
}

export interface EndedOutage {
  /** The start of the first failed run. ISO 8601, UTC. */
  readonly startedAt: string
  /** The time of the first failure. ISO 8601, UTC. */
  readonly since: string
  /** The time from the first failure to the recovery, in milliseconds. */
  readonly durationMs: number
  readonly failedRuns: number
}
