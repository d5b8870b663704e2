import { createHash } from 'node:crypto'
import type { ColumnDefinition, Row } from '@forge/writer-core'
import { textOrNull } from '@forge/writer-core/storage'
import type { Alert } from '../alert.ts'

/** The delivery of one alert to one sink. */
export interface OutboxEntry {
  readonly alert: Alert
  /** The key of the sink; see `sinkKey`. */
  readonly sink: string
  /** The state: `dead` was given up, and is tried again only on request. */
  readonly state: 'pending' | 'sent' | 'dead'
  readonly attempts: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly lastError: string | null
  readonly firstTriedAt: Date | null
  /** The time of the next attempt. */
  readonly nextTryAt: Date | null
  /** The last message that contained it: the key by which a receiver recognises a repetition. */
  readonly messageId: string | null
  /** The process that is sending it; see `newOwner`. If the claim has lapsed, the message may have been received. */
  readonly claimedBy: string | null
  readonly claimedUntil: Date | null
  /** The number of the claim, counted for each sink. */
  readonly claim: number | null
  /** The data that the sink needs to refer to the message later, such as the time stamp of a thread. */
  readonly receipt: Readonly<Record<string, string>> | null
}

/** The columns of `<table>_alerts`. In a storage that cannot merge, each state is a row and the newest counts. */
export const OUTBOX_COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'string', nullable: false, description: 'Id; the same each time that the alert is raised.' },
  { name: 'sink', type: 'string', nullable: false, description: 'The sink that it is sent to; never a secret.' },
  { name: 'state', type: 'string', nullable: false, description: 'pending, sent or dead' },
  { name: 'attempts', type: 'int64', nullable: false },
  {
    name: 'kind',
    type: 'string',
    nullable: false,
    description: 'anomaly, quality, failure, sla, lost or recovered',
  },
  { name: 'severity', type: 'string', nullable: false },
  { name: 'alert', type: 'json', nullable: false, description: 'The text of the message.' },
  { name: 'last_error', type: 'string', nullable: true },
  { name: 'raised_at', type: 'timestamp', nullable: false, unit: 'UTC' },
  { name: 'updated_at', type: 'timestamp', nullable: false, unit: 'UTC' },
  { name: 'pipeline', type: 'string', nullable: true },
  { name: 'incident', type: 'string', nullable: true, description: 'The outage that the alert belongs to.' },
  { name: 'occurred_at', type: 'timestamp', nullable: true, unit: 'UTC' },
  { name: 'first_tried_at', type: 'timestamp', nullable: true, unit: 'UTC' },
  { name: 'next_try_at', type: 'timestamp', nullable: true, unit: 'UTC' },
  { name: 'message_id', type: 'string', nullable: true, description: 'The last message that contained it.' },
  { name: 'claimed_by', type: 'string', nullable: true, description: 'The process that is sending it.' },
  { name: 'claimed_until', type: 'timestamp', nullable: true, unit: 'UTC' },
  { name: 'claim', type: 'int64', nullable: true, description: 'Number of the claim, counted for each sink.' },
  { name: 'receipt', type: 'json', nullable: true, description: 'The reference of the sink to the message.' },
]

/** Creates the entry of an alert that was not tried yet. */
export function newEntry(alert: Alert, sink: string, at: Date): OutboxEntry {
  return {
    alert,
    sink,
    state: 'pending',
    attempts: 0,
    createdAt: at,
    updatedAt: at,
    lastError: null,
    firstTriedAt: null,
    nextTryAt: null,
    messageId: null,
    claimedBy: null,
    claimedUntil: null,
    claim: null,
    receipt: null,
  }
}

export function keyOf({ alert, sink }: Pick<OutboxEntry, 'alert' | 'sink'>): string {
  return `${alert.id}\0${sink}`
}

/** Returns the id of a message by its alerts: the same alerts to the same sink are the same message. */
export function messageIdOf(entries: readonly OutboxEntry[]): string {
  const hash = createHash('sha256')
  for (const key of entries.map(keyOf).sort()) hash.update(`${key}\0\0`)
  return hash.digest('hex').slice(0, 32)
}

export function toRow(entry: OutboxEntry): Readonly<Record<string, unknown>> {
  const { alert, sink, state, attempts, createdAt, updatedAt, lastError, receipt } = entry
  return {
    id: alert.id,
    sink,
    state,
    attempts,
    kind: alert.kind,
    severity: alert.severity,
    alert: JSON.stringify(alert),
    last_error: lastError,
    raised_at: createdAt,
    updated_at: updatedAt,
    pipeline: alert.pipeline,
    incident: alert.incident ?? null,
    occurred_at: Number.isNaN(Date.parse(alert.occurredAt)) ? null : new Date(alert.occurredAt),
    first_tried_at: entry.firstTriedAt,
    next_try_at: entry.nextTryAt,
    message_id: entry.messageId,
    claimed_by: entry.claimedBy,
    claimed_until: entry.claimedUntil,
    claim: entry.claim,
    receipt: receipt === null ? null : JSON.stringify(receipt),
  }
}

export function toEntry(row: Row): OutboxEntry {
  return {
    // The column holds what toRow wrote.
    alert: JSON.parse(String(row.alert)) as Alert,
    sink: String(row.sink),
    state: row.state === 'sent' || row.state === 'dead' ? row.state : 'pending',
    attempts: Number(row.attempts),
    createdAt: new Date(String(row.raised_at)),
    updatedAt: new Date(String(row.updated_at)),
    lastError: textOrNull(row.last_error),
    firstTriedAt: timeOf(row.first_tried_at),
    nextTryAt: timeOf(row.next_try_at),
    messageId: textOrNull(row.message_id),
    claimedBy: textOrNull(row.claimed_by),
    claimedUntil: timeOf(row.claimed_until),
    claim: row.claim === null || row.claim === undefined ? null : Number(row.claim),
    receipt: typeof row.receipt === 'string' ? (JSON.parse(row.receipt) as Record<string, string>) : null,
  }
}

function timeOf(value: unknown): Date | null {
  return typeof value === 'string' ? new Date(value) : null
}
