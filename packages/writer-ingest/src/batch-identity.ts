import { createHash } from 'node:crypto'
import type { LogRowInput } from '@forge/writer-core'

/** On these columns rows of other tools are merged: a retry is a row of its own, the same step twice is one. */
export const INGEST_KEYS = ['run_id', 'execution_id', 'phase', 'step_name'] as const

/** `<source>:<run id>:<kind>:<hash>`: the same rows have the same id, whenever and wherever they are read. */
export function batchIdOf(source: string, kind: string, rows: readonly LogRowInput[]): string {
  const runs = new Set(rows.map((row) => row.run_id ?? ''))
  const [run = ''] = runs
  return `${source}:${runs.size === 1 ? run : `${runs.size}-runs`}:${kind}:${hashOf(rows)}`
}

/** SHA-256 over the rows, whatever the order of their fields; the first 128 bits. */
export function hashOf(rows: readonly LogRowInput[]): string {
  const hash = createHash('sha256')
  for (const row of rows) hash.update(canonical(row)).update('\n')
  return hash.digest('hex').slice(0, 32)
}

/** JSON with sorted keys. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, each: unknown) => {
    if (typeof each === 'bigint') return String(each)
    if (typeof each !== 'object' || each === null || Array.isArray(each)) return each
    return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
  })
}

/** The key on which a row is merged, with the defaults of the writer for what it leaves out. */
export function keyOf(row: LogRowInput, fallbackRunId: string): string {
  const runId = row.run_id ?? fallbackRunId
  const isRun = row.phase === 'pipeline'
  const step = row.step_name ?? (isRun ? (row.pipeline_id ?? 'unknown') : row.phase)
  return JSON.stringify([runId, row.execution_id ?? runId, row.phase, step])
}
