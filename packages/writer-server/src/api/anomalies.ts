import { anomalyTable, readAnomalies } from '@forge/writer-anomaly'
import { type Anomaly, and, gte, isIn, type TableSource } from '@forge/writer-core'
import { DAY_MS } from '@forge/writer-core/storage'

export interface AnomalyListOptions {
  readonly pipelines: readonly string[] | undefined
  /** The number of last days. Default 30. */
  readonly days: number | undefined
  readonly limit: number | undefined
  readonly now: () => Date
}

export interface AnomalyList {
  /** The newest first. */
  readonly anomalies: Anomaly[]
  /** True if there are more. */
  readonly isCut: boolean
}

/** Reads the stored anomalies; none if nothing stored any yet. */
export async function readAnomalyList(
  source: TableSource,
  { pipelines, days = 30, limit = 100, now }: AnomalyListOptions,
): Promise<AnomalyList> {
  const table = await anomalyTable(source)
  if (!(await table.info()).exists) return { anomalies: [], isCut: false }
  const since = new Date(now().getTime() - days * DAY_MS)
  const where = and(gte('occurred_at', since), ...(pipelines ? [isIn('pipeline', pipelines)] : []))
  let newest: Anomaly[] = []
  let count = 0
  for await (const anomaly of readAnomalies(table, where)) {
    count++
    newest.push(anomaly)
    if (newest.length > 10 * limit) newest = keepNewest(newest, limit)
  }
  return { anomalies: keepNewest(newest, limit), isCut: count > limit }
}

function keepNewest(anomalies: readonly Anomaly[], limit: number): Anomaly[] {
  return anomalies
    .toSorted((a, b) => (a.occurredAt < b.occurredAt ? 1 : a.occurredAt > b.occurredAt ? -1 : a.id < b.id ? -1 : 1))
    .slice(0, limit)
}
