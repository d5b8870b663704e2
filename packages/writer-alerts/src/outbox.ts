import {
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  eq,
  isIn,
  type LogTable,
  type Predicate,
  type Row,
  type TableSource,
} from '@forge/writer-core'
import type { Alert } from './alert.ts'

/** One alert on its way to one sink. */
export interface OutboxEntry {
  readonly alert: Alert
  /** Which sink: see `sinkKey`. */
  readonly sink: string
  readonly state: 'pending' | 'sent' | 'dead'
  readonly attempts: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly lastError: string | null
}

/** Alerts that must not get lost: `<table>_alerts` in the same storage. */
export interface Outbox {
  /** Stores entries that are not there yet, and gives these. */
  add(entries: readonly OutboxEntry[]): Promise<OutboxEntry[]>
  /** Stores the newer state of entries. */
  put(entries: readonly OutboxEntry[]): Promise<void>
  /** What waits to be sent and was not touched since `untouchedSince`, oldest first. */
  pending(untouchedSince: Date): Promise<OutboxEntry[]>
}

/** Columns of `<table>_alerts`. Without a storage that merges, each state is a row and the newest counts. */
export const OUTBOX_COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'string', nullable: false, description: 'The same however often the alert is raised.' },
  { name: 'sink', type: 'string', nullable: false, description: 'Where it goes; no secret.' },
  { name: 'state', type: 'string', nullable: false, description: 'pending, sent or dead' },
  { name: 'attempts', type: 'int64', nullable: false },
  { name: 'kind', type: 'string', nullable: false, description: 'anomaly, quality or failure' },
  { name: 'severity', type: 'string', nullable: false },
  { name: 'alert', type: 'json', nullable: false, description: 'What is told.' },
  { name: 'last_error', type: 'string', nullable: true },
  { name: 'raised_at', type: 'timestamp', nullable: false, unit: 'UTC' },
  { name: 'updated_at', type: 'timestamp', nullable: false, unit: 'UTC' },
]
const KEYS = ['id', 'sink']

export async function openOutbox(source: Pick<TableSource, 'companion'>): Promise<Outbox> {
  const table = await source.companion('alerts', OUTBOX_COLUMNS)
  return {
    async add(entries) {
      if (entries.length === 0) return []
      const ids = [...new Set(entries.map(({ alert }) => alert.id))]
      const known = new Set((await readEntries(table, isIn('id', ids))).map(keyOf))
      const fresh = entries.filter((entry) => !known.has(keyOf(entry)))
      if (fresh.length > 0) await write(table, fresh)
      return fresh
    },
    put: (entries) => (entries.length === 0 ? Promise.resolve() : write(table, entries)),
    async pending(untouchedSince) {
      // Where states are rows, a later row may have ended what an earlier one says is pending.
      const found = await readEntries(table, table.merge ? eq('state', 'pending') : undefined)
      return found
        .filter(({ state, updatedAt }) => state === 'pending' && updatedAt <= untouchedSince)
        .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime())
    },
  }
}

export function keyOf({ alert, sink }: Pick<OutboxEntry, 'alert' | 'sink'>): string {
  return `${alert.id}\0${sink}`
}

async function write(table: LogTable, entries: readonly OutboxEntry[]): Promise<void> {
  const batch = batchFromRows(OUTBOX_COLUMNS, entries.map(toRow))
  const [first] = entries
  const commit = {
    batchId: `alerts:${first?.alert.id}:${first?.sink}:${first?.attempts}:${first?.state}:${first?.updatedAt.getTime()}`,
  }
  if (table.merge) await table.merge(batch, { keys: KEYS, whenMatched: 'update' }, commit)
  else await table.append(batch, commit)
}

/** The newest state of each entry. */
async function readEntries(table: LogTable, where: Predicate | undefined): Promise<OutboxEntry[]> {
  const newest = new Map<string, OutboxEntry>()
  for await (const batch of table.scan(where ? { where } : {})) {
    for (const row of batchRows(batch)) {
      const entry = toEntry(row)
      const before = newest.get(keyOf(entry))
      if (!before || isLater(entry, before)) newest.set(keyOf(entry), entry)
    }
  }
  return [...newest.values()]
}

function isLater(a: OutboxEntry, b: OutboxEntry): boolean {
  return a.updatedAt > b.updatedAt || (a.updatedAt >= b.updatedAt && (a.attempts > b.attempts || a.state !== 'pending'))
}

function toRow({ alert, sink, state, attempts, createdAt, updatedAt, lastError }: OutboxEntry) {
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
  }
}

function toEntry(row: Row): OutboxEntry {
  return {
    // The column holds what toRow wrote.
    alert: JSON.parse(String(row.alert)) as Alert,
    sink: String(row.sink),
    state: row.state === 'sent' || row.state === 'dead' ? row.state : 'pending',
    attempts: Number(row.attempts),
    createdAt: new Date(String(row.raised_at)),
    updatedAt: new Date(String(row.updated_at)),
    lastError: typeof row.last_error === 'string' ? row.last_error : null,
  }
}
