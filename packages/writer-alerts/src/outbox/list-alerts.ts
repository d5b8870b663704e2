import { type AlertSettings, isIn, type TableSource } from '@forge/writer-core'
import { assertOptions, option } from '@forge/writer-core/storage'
import type { Alert } from '../alert.ts'
import { sinkKey } from '../sinks/from-settings.ts'
import { readOutbox } from './outbox.ts'
import type { OutboxEntry } from './outbox-entry.ts'
import { isProvenDead, ownerText } from './process-identity.ts'

/** The state of the delivery of an alert to one sink. */
export interface AlertStatus
  extends Pick<Alert, 'id' | 'kind' | 'severity' | 'title' | 'pipeline' | 'runId' | 'occurredAt'> {
  /** The key of the sink; it contains no secret. */
  readonly sink: string
  /** The state: `pending` waits, `dead` was given up. */
  readonly state: OutboxEntry['state']
  readonly attempts: number
  /** The reason for this state. */
  readonly reason: string
  /** The time at which it was raised. ISO 8601, UTC. */
  readonly since: string
  /** The time of the next attempt; null if there is nothing to wait for. */
  readonly nextTryAt: string | null
  /** The time at which its state last changed. */
  readonly updatedAt: string
}

export interface ListAlertsOptions {
  /** The states to list. Default: `pending` and `dead`. */
  readonly states?: readonly OutboxEntry['state'][] | undefined
  /** The settings of the sinks. Default: the setting `alerts` of the source. */
  readonly settings?: readonly AlertSettings[] | undefined
  readonly now?: (() => Date) | undefined
}

/** Lists the alerts that are pending or were given up, oldest first, with the reasons. Changes nothing. */
export async function listAlerts(
  source: Pick<TableSource, 'companion' | 'config'>,
  options: ListAlertsOptions = {},
): Promise<AlertStatus[]> {
  assertOptions('listAlerts', options, {
    states: option.list(option.text),
    settings: option.list(option.object),
    now: option.clock,
  })
  const { states = ['pending', 'dead'], settings = source.config.alerts ?? [], now = () => new Date() } = options
  const keys = new Set(settings.map(sinkKey))
  const entries = await readOutbox(source, isIn('state', states))
  return entries
    .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    .map((entry) => {
      const { alert, sink, state, attempts, createdAt, nextTryAt, updatedAt } = entry
      const { id, kind, severity, title, pipeline, runId, occurredAt } = alert
      return {
        ...{ id, kind, severity, title, pipeline, runId, occurredAt, sink, state, attempts },
        reason: reasonOf(entry, keys, now()),
        since: createdAt.toISOString(),
        nextTryAt: nextTryAt?.toISOString() ?? null,
        updatedAt: updatedAt.toISOString(),
      }
    })
}

function reasonOf(entry: OutboxEntry, keys: ReadonlySet<string>, now: Date): string {
  const { state, sink, lastError, attempts, claimedBy, claimedUntil } = entry
  if (state === 'sent') return lastError ?? ''
  if (!keys.has(sink)) return 'no setting uses this sink any more'
  if (claimedBy !== null) {
    const by = ownerText(claimedBy)
    const isDead = isProvenDead(claimedBy)
    if (isDead || (claimedUntil !== null && claimedUntil <= now)) {
      return `may have been received: ${by} ${isDead ? 'died' : 'went silent'} while it was sending`
    }
    return `is being sent by ${by}`
  }
  if (lastError !== null) return lastError
  return attempts === 0 ? 'was not tried yet' : 'waits'
}
