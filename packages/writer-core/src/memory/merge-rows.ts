import type { LogBatch } from '../batch/log-batch.ts'
import { columnIndex, concatBatches, takeRows, unknownColumns } from '../batch/select.ts'
import { WriterConfigurationError } from '../errors/kinds.ts'
import { nativeAt, nativeKey } from '../predicate/native.ts'
import type { MergeOptions } from '../storage/commit.ts'

export interface Merged {
  /** All rows of the table after the merge. */
  readonly batches: readonly LogBatch[]
  readonly inserted: number
  readonly updated: number
  readonly skipped: number
}

/** Merges incoming rows into the stored ones by key; both have the table's columns. Updates do not change the columns in `kept`. */
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

/** Throws if there are no keys, or if the batch lacks one. */
export function assertKeys(batch: LogBatch, keys: readonly string[]): void {
  if (keys.length === 0) throw new WriterConfigurationError('a merge needs at least one key', { committed: 'no' })
  const missing = keys.filter((key) => columnIndex(batch, key) === -1)
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
}

/** Returns the last (update) or first (ignore) of all rows with equal keys; rows with a null key are all kept. */
function onePerKey(batch: LogBatch, keys: readonly string[], whenMatched: MergeOptions['whenMatched']) {
  const byKey = new Map<string, number>()
  const withoutKey: number[] = []
  for (const [row, key] of keysOf(batch, keys).entries()) {
    if (key === undefined) withoutKey.push(row)
    else if (whenMatched === 'update' || !byKey.has(key)) byKey.set(key, row)
  }
  return { byKey, rows: [...byKey.values(), ...withoutKey].sort((a, b) => a - b) }
}

/** Returns the key of each row; undefined if a part is null, which equals nothing. */
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

/** Returns the batch with each matched row replaced by the incoming one. */
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
