import type { LogBatch } from '@forge/writer-core'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import { fileList } from './sql-text.ts'
import { textRows } from './text-rows.ts'

const MARK = '\ufeff'

/** Whether a text of the batch starts with U+FEFF. */
export function mayHoldMarks(batch: LogBatch): boolean {
  return batch.vectors.some((vector) => {
    if (vector.kind === 'text') return vector.values.some((text) => text.startsWith(MARK))
    return vector.kind === 'dictionary' && vector.dictionary.some((text) => text.startsWith(MARK))
  })
}

/**
 * Files with a bound that starts with U+FEFF, which the engine's interface drops where it gives out text: what it says of the bounds of their texts is
 * not true.
 */
export async function hiddenMarks(session: Session, addresses: readonly string[]): Promise<ReadonlySet<string>> {
  if (addresses.length === 0) return new Set()
  const found = await textRows(
    session,
    `select distinct file_name from parquet_metadata(${fileList(addresses)})
     where starts_with(stats_max_value, chr(65279)) or starts_with(stats_min_value, chr(65279))`,
  )
  return new Set(found.map(([file]) => file ?? ''))
}
