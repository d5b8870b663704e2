import type { LogBatch } from '../batch/log-batch.ts'
import { columnIndex, concatBatches, takeRows, unknownColumns } from '../batch/select.ts'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { nativeAt, nativeKey } from '../predicate/native.ts'
import type { MergeOptions } from '../storage/commit.ts'

export interface Merged {
  /** All rows of the table afterwards. */
  readonly batches: readonly LogBatch[]
  readonly inserted: number
  readonly updated: number
  readonly skipped: number
}

/** Matches the incoming rows with the stored ones by key; both are in the table's columns. `kept` names columns that updates leave alone. */
export function mergeRows(
  stored: readonly LogBatch[],
  incoming: LogBatch,
  { keys, whenMatched }: MergeOptions,
  kept: readonly string[],
): Merged {
  const chosen = onePerKey(incoming, keys, whenMatched)
  const matched = new Set<number>()
  let updated = 0
  const batches = stored.map((batch) => {
    const hits = keysOf(batch, keys).map((key) => (key === undefined ? undefined : chosen.byKey.get(key)))
    for (const hit of hits) if (hit !== undefined) matched.add(hit)
    if (whenMatched === 'ignore' || hits.every((hit) => hit === undefined)) return batch
    updated += hits.filter((hit) => hit !== undefined).length
    return withUpdates(batch, incoming, hits, kept)
  })
  const added = chosen.rows.filter((row) => !matched.has(row))
  return {
    batches: [...batches, takeRows(incoming, added)],
    inserted: added.length,
    updated,
    skipped: whenMatched === 'ignore' ? incoming.rowCount - added.length : 0,
  }
}

/** Throws where there is no key, or the batch lacks one. */
export function assertKeys(batch: LogBatch, keys: readonly string[]): void {
  if (keys.length === 0) throw new WriterConfigurationError('a merge needs at least one key', { committed: 'no' })
  const missing = keys.filter((key) => columnIndex(batch, key) === -1)
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
}

/** Of rows with equal keys the last (update) or the first (ignore); rows with a null key all stay. */
function onePerKey(batch: LogBatch, keys: readonly string[], whenMatched: MergeOptions['whenMatched']) {
  const byKey = new Map<string, number>()
  const withoutKey: number[] = []
  for (const [row, key] of keysOf(batch, keys).entries()) {
    if (key === undefined) withoutKey.push(row)
    else if (whenMatched === 'update' || !byKey.has(key)) byKey.set(key, row)
  }
  return { byKey, rows: [...byKey.values(), ...withoutKey].sort((a, b) => a - b) }
}

/** Of each row; undefined where a part is null, which equals nothing. */
function keysOf(batch: LogBatch, keys: readonly string[]): (string | undefined)[] {
  const parts = keys.map((name) => {
    const at = columnIndex(batch, name)
    return { vector: batch.vectors[at], type: batch.columns[at]?.type ?? 'string' }
  })
  return Array.from({ length: batch.rowCount }, (_none, row) => {
    const values = parts.map(({ vector, type }) => (vector ? nativeAt(vector, type, row) : null))
    return values.includes(null) ? undefined : JSON.stringify(values.map(nativeKey))
  })
}

/** The batch, with the incoming row in place of each one that is hit. */
function withUpdates(
  batch: LogBatch,
  incoming: LogBatch,
  hits: readonly (number | undefined)[],
  kept: readonly string[],
): LogBatch {
  const taken = hits.filter((hit) => hit !== undefined)
  let next = batch.rowCount
  const rows = hits.map((hit, row) => (hit === undefined ? row : next++))
  const updated = takeRows(concatBatches([batch, takeRows(incoming, taken)]), rows)
  const vectors = updated.vectors.map((vector, at) => {
    return kept.includes(batch.columns[at]?.name ?? '') ? (batch.vectors[at] ?? vector) : vector
  })
  return { ...updated, vectors }
}
