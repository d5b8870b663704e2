import {
  and,
  batchRows,
  column,
  eq,
  isIn,
  isNotNull,
  type LogTable,
  literal,
  lt,
  ne,
  not,
  type Predicate,
} from '@forge/writer-core'

export interface PruneOptions {
  readonly now: Date
  /** The age in milliseconds at which a sent alert, or one that was given up, is removed. */
  readonly keepMs: number
  /** The maximum number of sent and given-up alerts. Younger ones than {@link MIN_KEEP_MS} stay, whatever their number. */
  readonly maxEntries: number
}

/** Alerts are removed at most once in this time, so that an outbox in constant use is not rewritten all the time. */
const SLACK_MS = 86_400_000
/** A write may be repeated for three days, and its alerts must be known then. */
export const MIN_KEEP_MS = 72 * 3_600_000
/** The number of entries may exceed its maximum by this share before they are removed. */
const SLACK_SHARE = 1.1

const isSettled = isIn('state', ['sent', 'dead'])

/**
 * Removes old entries from an outbox: alerts that were sent or given up, by their age and their number. The last alert of an outage that lasts stays,
 * and so does the newest claim of each sink, from which the next one is counted. Resolves with the number of removed entries. A storage that cannot
 * delete keeps all of them.
 */
export async function pruneOutbox(table: LogTable, options: PruneOptions): Promise<number> {
  const { exists, columns } = await table.info()
  // An outbox of an older layout gets its columns with the next alert.
  const isCurrent = ['claim', 'incident'].every((name) => columns.some((each) => each.name === name))
  if (!table.delete || !table.merge || !exists || !isCurrent) return 0
  const before = await limitOf(table, options)
  if (before === undefined) return 0
  const kept = await keptIds(table, before)
  const old = and(isSettled, lt('raised_at', literal(before)))
  const where = kept.length > 0 ? and(old, not(isIn('id', kept))) : old
  const { rowsDeleted } = await table.delete(where, { batchId: `alerts:prune:${before.toISOString()}` })
  return rowsDeleted
}

/** Returns the time before which entries are removed; undefined if there is too little to remove. */
async function limitOf(table: LogTable, { now, keepMs, maxEntries }: PruneOptions): Promise<Date | undefined> {
  const [{ count, oldest } = { count: 0, oldest: null }] = await table.aggregate({
    where: isSettled,
    measures: [
      { as: 'count', fn: 'count' },
      { as: 'oldest', fn: 'min', of: column('raised_at') },
    ],
  })
  const byAge = now.getTime() - keepMs
  const isOld = typeof oldest === 'string' && Date.parse(oldest) < byAge - SLACK_MS
  const byNumber = Number(count) > maxEntries * SLACK_SHARE ? await raisedAtMs(table, maxEntries - 1) : undefined
  if (byNumber === undefined) return isOld ? new Date(byAge) : undefined
  const limitMs = Math.max(byAge, Math.min(byNumber, now.getTime() - MIN_KEEP_MS))
  return isOld || limitMs > Date.parse(String(oldest)) ? new Date(limitMs) : undefined
}

/** Returns when the entry at a position was raised, counted from the newest one. */
async function raisedAtMs(table: LogTable, position: number): Promise<number | undefined> {
  const query = { columns: ['raised_at'], where: isSettled, offset: position, limit: 1 }
  for await (const batch of table.scan({ ...query, orderBy: [{ column: 'raised_at', descending: true }] })) {
    for (const { raised_at } of batchRows(batch)) return Date.parse(String(raised_at))
  }
  return undefined
}

/** Returns the ids of entries that others need, whatever their age. */
async function keptIds(table: LogTable, before: Date): Promise<string[]> {
  const newestOf = async (where: Predicate, groups: readonly string[], by: string) => {
    const rows = await table.aggregate({
      where,
      groupBy: groups.map((name) => ({ as: name, by: column(name) })),
      measures: [
        { as: 'id', fn: 'argMax', of: column('id'), by: column(by) },
        { as: 'last', fn: 'max', of: column(by) },
      ],
    })
    return rows.flatMap(({ incident, id, last }) =>
      typeof id === 'string' ? [{ incident: String(incident), id, lastMs: Date.parse(String(last)) }] : [],
    )
  }
  const isEnd = eq('kind', 'recovered')
  const claims = await newestOf(isNotNull('claim'), ['sink'], 'claim')
  const raised = await newestOf(and(isNotNull('incident'), not(isEnd)), ['incident', 'sink'], 'raised_at')
  const ended = await newestOf(and(isNotNull('incident'), isEnd), ['incident'], 'raised_at')
  const endMs = new Map(ended.map(({ incident, lastMs }) => [incident, lastMs]))
  const open = raised.filter(({ incident, lastMs }) => lastMs > (endMs.get(incident) ?? Number.NEGATIVE_INFINITY))
  // While an old alert of an incident is still pending, its end must not be forgotten: the incident would seem open.
  const pending = new Set(
    (
      await newestOf(
        and(ne('state', 'sent'), ne('state', 'dead'), isNotNull('incident'), lt('raised_at', literal(before))),
        ['incident'],
        'raised_at',
      )
    ).map(({ incident }) => incident),
  )
  return [...claims, ...open, ...ended.filter(({ incident }) => pending.has(incident))].map(({ id }) => id)
}
