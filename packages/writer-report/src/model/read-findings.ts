import { anomalyTable, readAnomalies } from '@forge/writer-anomaly'
import { type Anomaly, and, eq, gte, isAtLeast, isIn, type TableSource } from '@forge/writer-core'

const MAX_FINDINGS = 8

export interface FindingsOptions {
  /** Only findings of these pipelines. */
  readonly pipelines: readonly string[]
  /** The start of the period, inclusive. ISO 8601, UTC; null for all times. */
  readonly from: string | null
  /** Only findings about this run. Default: all runs. */
  readonly runId?: string | undefined
}

/** Reads the stored anomalies that nothing suppresses, the most severe first, of these the newest; at most 8. */
export async function readFindings(
  source: TableSource,
  { pipelines, from, runId }: FindingsOptions,
): Promise<Anomaly[]> {
  const table = await anomalyTable(source)
  if (pipelines.length === 0 || !(await table.info()).exists) return []
  const isHere = and(
    isIn('pipeline', pipelines),
    ...(from === null ? [] : [gte('occurred_at', new Date(from))]),
    ...(runId === undefined ? [] : [eq('run_id', runId)]),
  )
  let found: Anomaly[] = []
  for await (const anomaly of readAnomalies(table, isHere)) {
    if (anomaly.suppressedBy !== undefined) continue
    found.push(anomaly)
    if (found.length > 100 * MAX_FINDINGS) found = chooseFirst(found)
  }
  return chooseFirst(found)
}

function chooseFirst(found: readonly Anomaly[]): Anomaly[] {
  return found.toSorted(compare).slice(0, MAX_FINDINGS)
}

function compare(a: Anomaly, b: Anomaly): number {
  if (a.severity !== b.severity) return isAtLeast(a.severity, b.severity) ? -1 : 1
  return a.occurredAt < b.occurredAt ? 1 : -1
}
