import { createHash } from 'node:crypto'
import {
  type Anomaly,
  batchFromRows,
  batchRows,
  isIn,
  type LogTable,
  type Predicate,
  type Row,
  type TableSource,
} from '@forge/writer-core'
import { ANOMALY_COLUMNS } from './anomaly-columns.ts'

/** Where findings of a log are kept: `<table>_anomalies` in the same storage. */
export function anomalyTable(source: Pick<TableSource, 'companion'>): Promise<LogTable> {
  return source.companion('anomalies', ANOMALY_COLUMNS)
}

/**
 * Keeps findings, each once: one that is there is replaced where it has changed, as far as the storage can merge, and its `detected_at` stays.
 * Resolves with those that were new or have changed.
 */
export async function saveAnomalies(
  source: Pick<TableSource, 'companion'>,
  anomalies: readonly Anomaly[],
): Promise<Anomaly[]> {
  if (anomalies.length === 0) return []
  const table = await anomalyTable(source)
  const known = new Map<string, Anomaly>()
  for await (const stored of readAnomalies(
    table,
    isIn(
      'id',
      anomalies.map(({ id }) => id),
    ),
  ))
    known.set(stored.id, stored)
  const changed = anomalies.flatMap((anomaly) => {
    const before = known.get(anomaly.id)
    if (before && (factsOf(before) === factsOf(anomaly) || !table.merge)) return []
    return [before ? { ...anomaly, detected_at: before.detected_at } : anomaly]
  })
  if (changed.length === 0) return []
  const batch = batchFromRows(ANOMALY_COLUMNS, changed.map(toRow))
  // The same findings written again are the same batch, so that a retry after an unknown outcome is safe.
  const commit = { batchId: `anomalies:${digest(changed)}` }
  if (table.merge) await table.merge(batch, { keys: ['id'], whenMatched: 'update' }, commit)
  else await table.append(batch, commit)
  return changed
}

/** Kept findings, in no order. */
export async function* readAnomalies(table: LogTable, where?: Predicate): AsyncGenerator<Anomaly> {
  for await (const batch of table.scan(where ? { where } : {})) for (const row of batchRows(batch)) yield toAnomaly(row)
}

function toRow(anomaly: Anomaly): Readonly<Record<string, unknown>> {
  return { ...anomaly, evidence: anomaly.evidence ?? null, suppressed_by: anomaly.suppressed_by ?? null }
}

function toAnomaly(row: Row): Anomaly {
  const { deviation, baseline, evidence, suppressed_by, detected_at, occurred_at, ...rest } = row
  // The table holds what toRow wrote: the shape is that of Anomaly.
  return {
    ...rest,
    detected_at: shortIso(detected_at),
    occurred_at: shortIso(occurred_at),
    deviation: parsed(deviation),
    baseline: parsed(baseline),
    ...(typeof evidence === 'string' && { evidence: parsed(evidence) }),
    ...(typeof suppressed_by === 'string' && { suppressed_by }),
  } as unknown as Anomaly
}

function shortIso(value: unknown): string {
  return typeof value === 'string' ? new Date(value).toISOString() : ''
}

function parsed(value: unknown): unknown {
  return typeof value === 'string' ? JSON.parse(value) : value
}

/** What a finding says, without when it was found. */
function factsOf({ detected_at: _, ...facts }: Anomaly): string {
  return JSON.stringify(
    ANOMALY_COLUMNS.map(({ name }) => (facts as Readonly<Record<string, unknown>>)[name] ?? null),
    sorted,
  )
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function digest(anomalies: readonly Anomaly[]): string {
  const hash = createHash('sha256')
  for (const anomaly of anomalies) hash.update(anomaly.id).update(factsOf(anomaly))
  return hash.digest('hex').slice(0, 32)
}
