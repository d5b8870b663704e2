import type { AnomalySeverity } from '@forge/writer-core'

export type AlertKind = 'anomaly' | 'quality' | 'failure' | 'sla' | 'lost' | 'recovered'
export type AlertSeverity = AnomalySeverity

/** A message for people. */
export interface Alert {
  /** The same however often it is raised: sent once. */
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
  /** Key that the alerts of one outage share, up to the one of kind `recovered` that ends it. */
  readonly incident?: string | undefined
  /** `owner` of the metadata of the run. */
  readonly owner?: string | undefined
  /** `tags` of the metadata of the run. */
  readonly tags?: readonly string[] | undefined
  /** The outage that an alert of kind `recovered` ends. */
  readonly outage?: EndedOutage | undefined
  /** Address of the run, made of the `linkTemplate` of the setting. */
  readonly link?: string | undefined
}

export interface EndedOutage {
  /** Start of the first failed run. ISO 8601, UTC. */
  readonly startedAt: string
  /** When it failed. ISO 8601, UTC. */
  readonly since: string
  /** The time from the first failure to the recovery, in milliseconds. */
  readonly durationMs: number
  readonly failedRuns: number
}
