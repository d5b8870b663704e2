import { createHash } from 'node:crypto'
import type { LogRowInput, WriterConfig } from '@forge/writer-core'
import { fieldReader } from '@forge/writer-core/storage'

/** The columns on which rows of other tools are merged: a retry is a separate row, the same step read twice is one row. */
export const INGEST_KEYS = ['run_id', 'execution_id', 'phase', 'step_name'] as const

/** Settings that a writer needs for `ingestFile`: the same step of the same attempt is one row. */
export const ingestConfig = { writeMode: 'merge', mergeKeys: [...INGEST_KEYS] } as const satisfies Partial<WriterConfig>

/** Returns a batch id `<source>:<run id>:<kind>:<hash>`. The same rows always get the same id. */
export function batchIdOf({
  source,
  kind,
  rows,
  hash,
}: {
  readonly source: string
  readonly kind: string
  readonly rows: readonly LogRowInput[]
  readonly hash: string
}): string {
  const runs = new Set(rows.map((row) => row.run_id ?? ''))
  const [run = ''] = runs
  return `${source}:${runs.size === 1 ? run : `${runs.size}-runs`}:${kind}:${hash}`
}

/** Returns the first 128 bits of a SHA-256 hash of the rows. The order of fields does not matter. */
export function hashOf(rows: readonly LogRowInput[]): string {
  const hash = createHash('sha256')
  for (const row of rows) hash.update(canonical(row)).update('\n')
  return hash.digest('hex').slice(0, 32)
}

/** Returns JSON with sorted keys. A bigint becomes a string; undefined fields are omitted. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (value instanceof Date) return JSON.stringify(value)
  const fields = value as Readonly<Record<string, unknown>>
  let text = ''
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key]
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonical(field)}`
  }
  return `{${text}}`
}

/** Returns a function that gives the key on which a row is merged, with the defaults that the writer fills in. */
export function rowKeys(fallbackRunId: string): (row: LogRowInput) => string {
  const read = fieldReader({ runId: fallbackRunId, schema: '', now: new Date(0) })
  return (row) => canonical(INGEST_KEYS.map((name) => asStored(read(row, name))))
}

/** Returns the value of a key as the writer stores it: a number becomes text. */
function asStored(value: unknown): unknown {
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : value
}
