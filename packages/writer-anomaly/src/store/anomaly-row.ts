import type { Anomaly, Row } from '@forge/writer-core'

/** Returns the row that `<table>_anomalies` stores for an anomaly. */
export function rowOfAnomaly(anomaly: Anomaly): Readonly<Record<string, unknown>> {
  const { runId, detectedAt, occurredAt, suppressedBy, deviation, evidence, ...rest } = anomaly
  const { robustZ, ...distance } = deviation
  const { historyTail, ...parts } = evidence ?? {}
  return {
    ...rest,
    run_id: runId,
    detected_at: detectedAt,
    occurred_at: occurredAt,
    deviation: { ...distance, robust_z: robustZ },
    evidence: evidence ? { history_tail: historyTail, ...parts } : null,
    suppressed_by: suppressedBy ?? null,
  }
}

/** Returns the anomaly of a stored row. */
export function anomalyOfRow(row: Row): Anomaly {
  const { run_id, detected_at, occurred_at, suppressed_by, deviation, baseline, evidence, ...rest } = row
  const { robust_z, ...distance } = parse(deviation)
  const { history_tail, ...parts } = parse(evidence)
  // The table holds what rowOfAnomaly returned: the shape is that of Anomaly.
  return {
    ...rest,
    runId: run_id,
    detectedAt: isoOf(detected_at),
    occurredAt: isoOf(occurred_at),
    deviation: { ...distance, robustZ: robust_z },
    baseline: parse(baseline),
    ...(typeof evidence === 'string' && { evidence: { historyTail: history_tail, ...parts } }),
    ...(typeof suppressed_by === 'string' && { suppressedBy: suppressed_by }),
  } as unknown as Anomaly
}

function isoOf(value: unknown): string {
  return typeof value === 'string' ? new Date(value).toISOString() : ''
}

function parse(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'string' ? JSON.parse(value) : {}
}
