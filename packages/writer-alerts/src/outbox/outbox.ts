import { randomUUID } from 'node:crypto'
import {
  and,
  batchFromRows,
  batchRows,
  column,
  eq,
  gt,
  isIn,
  isNotNull,
  type LogTable,
  literal,
  not,
  type Predicate,
  type TableSource,
} from '@forge/writer-core'
import type { Alert } from '../alert.ts'
import { keyOf, messageIdOf, OUTBOX_COLUMNS, type OutboxEntry, toEntry, toRow } from './outbox-entry.ts'
import { type PruneOptions, pruneOutbox } from './prune-outbox.ts'

/** The outbox of alerts: `<table>_alerts` in the same storage, which several processes use at the same time. */
export interface Outbox {
  /** Stores entries that do not exist yet, and resolves with these. */
  add(entries: readonly OutboxEntry[]): Promise<OutboxEntry[]>
  /** Stores the newer state of entries. */
  put(entries: readonly OutboxEntry[]): Promise<void>
  /** Reads the pending entries of a sink, and its recent messages. */
  view(sink: string, since: Date): Promise<SinkView>
  /**
   * Claims entries of one sink for one message, so that no other process sends them. Resolves with undefined if another process has claimed entries
   * of the sink since the view was read: read it again.
   */
  claim(entries: readonly OutboxEntry[], claim: Claim): Promise<OutboxEntry[] | undefined>
  /** Reads the current state of entries. */
  refresh(entries: readonly OutboxEntry[]): Promise<OutboxEntry[]>
  /** Makes entries that were given up for these sinks pending again. */
  revive(sinks: readonly string[]): Promise<void>
  /** Reads the last entry of an outage that the sink has a receipt for; undefined if it has none. */
  lastReceipt(sink: string, incident: string): Promise<OutboxEntry | undefined>
  /** Reads all entries of these incidents. */
  ofIncidents(incidents: readonly string[]): Promise<OutboxEntry[]>
  /** Reads the incidents that were raised and have not ended, oldest first. */
  openIncidents(): Promise<OpenIncident[]>
  /** Removes old entries that were sent or given up. Resolves with their number. */
  prune(options: PruneOptions): Promise<number>
}

export interface SinkView {
  /** The pending entries, oldest first, whoever has claimed them. */
  readonly pending: readonly OutboxEntry[]
  /** The times of the messages since then, oldest first. */
  readonly sentMs: readonly number[]
  /** The number of the next claim. */
  readonly nextClaim: number
}

export interface OpenIncident {
  readonly incident: string
  readonly pipeline: string | null
  /** The last alert of the incident. */
  readonly alert: Alert
  /** The time at which it was raised. ISO 8601, UTC. */
  readonly raisedAt: string
}

export interface Claim {
  readonly owner: string
  readonly at: Date
  readonly until: Date
  readonly number: number
}

const KEYS = ['id', 'sink']

/** Opens the outbox of a log; a table of an older layout gets the columns that it lacks with the first write. */
export async function openOutbox(source: Pick<TableSource, 'companion'>): Promise<Outbox> {
  const table = await source.companion('alerts', OUTBOX_COLUMNS)
  let completing: Promise<void> | undefined
  const complete = () => {
    completing ??= addMissingColumns(table)
    completing.catch(() => {
      completing = undefined
    })
    return completing
  }
  return {
    async add(entries) {
      if (entries.length === 0) return []
      await complete()
      const ids = [...new Set(entries.map(({ alert }) => alert.id))]
      const known = new Set((await readEntries(table, isIn('id', ids))).map(keyOf))
      const fresh = [...new Map(entries.map((entry) => [keyOf(entry), entry])).values()].filter(
        (entry) => !known.has(keyOf(entry)),
      )
      if (fresh.length > 0) await write(table, fresh, { whenMatched: 'ignore', batchId: `alerts:add:${randomUUID()}` })
      return fresh
    },
    async put(entries) {
      if (entries.length === 0) return
      await complete()
      await write(table, entries, { whenMatched: 'update', batchId: `alerts:put:${randomUUID()}` })
    },
    async view(sink, since) {
      await complete()
      return viewOf(table, sink, since)
    },
    claim: (entries, claim) => claimEntries(table, entries, claim),
    async refresh(entries) {
      const ids = [...new Set(entries.map(({ alert }) => alert.id))]
      const wanted = new Set(entries.map(keyOf))
      return (await readEntries(table, isIn('id', ids))).filter((entry) => wanted.has(keyOf(entry)))
    },
    async revive(sinks) {
      await complete()
      const dead = (await readEntries(table, isIn('sink', sinks))).filter(({ state }) => state === 'dead')
      if (dead.length === 0) return
      const revived = dead.map((entry): OutboxEntry => {
        return { ...entry, state: 'pending', nextTryAt: null, firstTriedAt: null, updatedAt: new Date() }
      })
      await write(table, revived, { whenMatched: 'update', batchId: `alerts:revive:${randomUUID()}` })
    },
    async lastReceipt(sink, incident) {
      const found = await readEntries(table, and(eq('incident', incident), eq('sink', sink)))
      return found
        .filter(({ receipt }) => receipt !== null)
        .sort((a, b) => a.updatedAt.getTime() - b.updatedAt.getTime())
        .at(-1)
    },
    ofIncidents: (incidents) =>
      incidents.length === 0 ? Promise.resolve([]) : readEntries(table, isIn('incident', incidents)),
    openIncidents: () => openIncidents(table),
    prune: (options) => pruneOutbox(table, options),
  }
}

/** Reads all entries that match a condition, in their newest state. It only reads: it adds no columns. */
export async function readOutbox(source: Pick<TableSource, 'companion'>, where?: Predicate): Promise<OutboxEntry[]> {
  return readEntries(await source.companion('alerts', OUTBOX_COLUMNS), where)
}

async function openIncidents(table: LogTable): Promise<OpenIncident[]> {
  const { exists, columns } = await table.info()
  if (!exists || !columns.some(({ name }) => name === 'incident')) return []
  const isEnd = eq('kind', 'recovered')
  const rows = await table.aggregate({
    where: isNotNull('incident'),
    groupBy: ['incident', 'pipeline'].map((name) => ({ as: name, by: column(name) })),
    measures: [
      { as: 'raised', fn: 'max', of: column('raised_at'), where: not(isEnd) },
      { as: 'alert', fn: 'argMax', of: column('alert'), by: column('raised_at'), where: not(isEnd) },
      { as: 'ended', fn: 'max', of: column('raised_at'), where: isEnd },
    ],
    orderBy: [{ column: 'raised' }],
  })
  return rows.flatMap(({ incident, pipeline, raised, ended, alert }) => {
    const isOpen = typeof raised === 'string' && (typeof ended !== 'string' || ended < raised)
    if (!isOpen) return []
    return {
      incident: String(incident),
      pipeline: typeof pipeline === 'string' ? pipeline : null,
      alert: JSON.parse(String(alert)) as Alert,
      raisedAt: new Date(raised).toISOString(),
    }
  })
}

async function claimEntries(
  table: LogTable,
  entries: readonly OutboxEntry[],
  { owner, at, until, number }: Claim,
): Promise<OutboxEntry[] | undefined> {
  const [first] = entries
  if (!first) return []
  const messageId = messageIdOf(entries)
  const claimed = entries.map((entry): OutboxEntry => {
    return {
      ...entry,
      attempts: entry.attempts + 1,
      updatedAt: at,
      firstTriedAt: entry.firstTriedAt ?? at,
      messageId,
      claimedBy: owner,
      claimedUntil: until,
      claim: number,
    }
  })
  // A batch id is stored once: if two processes use the same number, one of them gets the claim.
  const batchId = `alerts:claim:${first.sink}:${number}`
  const { alreadyWritten } = await write(table, claimed, { whenMatched: 'update', batchId })
  return alreadyWritten ? undefined : claimed
}

async function addMissingColumns(table: LogTable): Promise<void> {
  const findMissing = async () => {
    const { exists, columns } = await table.info()
    const names = new Set(columns.map(({ name }) => name))
    return exists ? OUTBOX_COLUMNS.filter(({ name }) => !names.has(name)) : []
  }
  const add = await findMissing()
  if (add.length === 0) return
  try {
    await table.evolve?.({ add })
  } catch (error) {
    // Another process may have added them meanwhile.
    if ((await findMissing()).length > 0) throw error
  }
}

async function viewOf(table: LogTable, sink: string, since: Date): Promise<SinkView> {
  const own = eq('sink', sink)
  // This comes first: a claim made during the read must take the number that is read here, which prevents the number from being used again.
  const [{ last } = { last: null }] = await table.aggregate({
    where: own,
    measures: [{ as: 'last', fn: 'max', of: column('claim') }],
  })
  // If states are rows, a later row may have ended what an earlier row shows as pending.
  const found = await readEntries(table, table.merge ? and(own, eq('state', 'pending')) : own)
  const sent = new Map<string, number>()
  const recent = and(own, eq('state', 'sent'), gt('updated_at', literal(since)))
  for await (const batch of table.scan({ columns: ['id', 'message_id', 'updated_at'], where: recent })) {
    for (const { id, message_id, updated_at } of batchRows(batch)) {
      sent.set(String(message_id ?? id), Date.parse(String(updated_at)))
    }
  }
  return {
    pending: found
      .filter(({ state }) => state === 'pending')
      .sort((a, b) => a.createdAt.getTime() - b.createdAt.getTime()),
    sentMs: [...sent.values()].sort((a, b) => a - b),
    nextClaim: Number(last ?? 0) + 1,
  }
}

async function write(
  table: LogTable,
  entries: readonly OutboxEntry[],
  { whenMatched, batchId }: { readonly whenMatched: 'update' | 'ignore'; readonly batchId: string },
) {
  const batch = batchFromRows(OUTBOX_COLUMNS, entries.map(toRow))
  return table.merge ? table.merge(batch, { keys: KEYS, whenMatched }, { batchId }) : table.append(batch, { batchId })
}

/** Reads the newest state of each entry. */
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
