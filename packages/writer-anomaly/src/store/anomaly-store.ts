import { createHash } from 'node:crypto'
import {
  type Anomaly,
  batchFromRows,
  batchRows,
  isIn,
  type LogTable,
  type Predicate,
  type TableSource,
} from '@forge/writer-core'
import { ANOMALY_COLUMNS } from './anomaly-columns.ts'
import { anomalyOfRow, rowOfAnomaly } from './anomaly-row.ts'

/** Returns the table of a log's anomalies: `<table>_anomalies` in the same storage. */
export function anomalyTable(source: Pick<TableSource, 'companion'>): Promise<LogTable> {
  return source.companion('anomalies', ANOMALY_COLUMNS)
}

/**
 * Stores anomalies, each once by its id. If one is stored already and has changed, it is replaced, provided that the storage can merge; it keeps its
 * time of detection. Resolves with those that were new or have changed.
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
    return [before ? { ...anomaly, detectedAt: before.detectedAt } : anomaly]
  })
  if (changed.length === 0) return []
  const batch = batchFromRows(ANOMALY_COLUMNS, changed.map(rowOfAnomaly))
  // The same findings written again are the same batch, so that a retry after an unknown outcome is safe.
  const commit = { batchId: `anomalies:${digest(changed)}` }
  if (table.merge) await table.merge(batch, { keys: ['id'], whenMatched: 'update' }, commit)
  else await table.append(batch, commit)
  return changed
}

/** Reads the stored anomalies, in no order. */
export async function* readAnomalies(table: LogTable, where?: Predicate): AsyncGenerator<Anomaly> {
  for await (const batch of table.scan(where ? { where } : {}))
    for (const row of batchRows(batch)) yield anomalyOfRow(row)
}

/** Returns the stored fields of an anomaly as text, except the time of its detection. */
function factsOf(anomaly: Anomaly): string {
  const row: Readonly<Record<string, unknown>> = { ...rowOfAnomaly(anomaly), detected_at: null }
  return JSON.stringify(
    ANOMALY_COLUMNS.map(({ name }) => row[name] ?? null),
    sortKeys,
  )
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function digest(anomalies: readonly Anomaly[]): string {
  const hash = createHash('sha256')
  for (const anomaly of anomalies) hash.update(anomaly.id).update(factsOf(anomaly))
  return hash.digest('hex').slice(0, 32)
}
