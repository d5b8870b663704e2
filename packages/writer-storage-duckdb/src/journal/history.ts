import type { Row, TableHistory, TableRef, TableVersion } from '@forge/writer-core'
import { assertMethodOptions, isoFromMicros } from '@forge/writer-core/storage'
import type { Session } from '../engine/session.ts'
import { JOURNAL } from './journal-sql.ts'
import type { JournalState } from './journal-state.ts'

const OF_TABLE = 'where table_schema = $1 and table_name = $2'

/** Returns the commits of the table, newest first. */
export async function tableHistory(
  session: Session,
  journal: JournalState | undefined,
  { schema, name }: TableRef,
  options: { readonly limit?: number | undefined } = {},
): Promise<TableHistory> {
  assertMethodOptions('history', options)
  const { limit = Number.MAX_SAFE_INTEGER } = options
  if (!journal?.exists) return { totalVersions: 0, versions: [] }
  const [count] = await session.rows(`select count(*) as total from ${JOURNAL} ${OF_TABLE}`, [schema, name])
  const rows = await session.rows(
    `select *, epoch_us(committed_at) as micros from ${JOURNAL} ${OF_TABLE} order by version desc limit $3`,
    [schema, name, BigInt(limit)],
  )
  return { totalVersions: Number(count?.total ?? 0), versions: rows.map(versionOf) }
}

function versionOf(row: Row): TableVersion {
  const text = (name: string) => (row[name] === null ? null : String(row[name]))
  const rowsUpdated = Number(row.rows_updated)
  return {
    version: Number(row.version),
    timestamp: isoFromMicros(BigInt(row.micros as number | bigint)),
    operation: String(row.operation),
    rowCount: Number(row.row_count),
    sizeBytes: Number(row.size_bytes),
    // An update removes the old row and adds the new one.
    rowsAdded: Number(row.rows_inserted) + rowsUpdated,
    rowsRemoved: Number(row.rows_deleted) + rowsUpdated,
    batchId: text('batch_id'),
    writer: text('writer'),
    note: row.note === null ? null : (JSON.parse(String(row.note)) as Record<string, string>),
  }
}
