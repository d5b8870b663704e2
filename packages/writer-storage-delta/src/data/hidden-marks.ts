import type { LogBatch } from '@forge/writer-core'
import type { Session } from '@forge/writer-storage-duckdb/engine'
import { fileList, textRows } from '../engine/read-sql.ts'

const MARK = '\ufeff'

/** Returns true if a text of the batch starts with U+FEFF. */
export function mayHoldMarks(batch: LogBatch): boolean {
  return batch.vectors.some((vector) => {
    if (vector.kind === 'text') return vector.values.some((text) => text.startsWith(MARK))
    return vector.kind === 'dictionary' && vector.dictionary.some((text) => text.startsWith(MARK))
  })
}

/**
 * Returns the files that have a bound starting with U+FEFF. The engine's interface drops this character when it returns text, so the bounds that it
 * reports for their text columns are wrong.
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
