import type { CommitResult, Row, TableRef } from '@forge/writer-core'
import { isoFromMicros } from '@forge/writer-core/storage'
import type { Session } from '../engine/session.ts'
import { JOURNAL } from './journal-sql.ts'
import type { JournalState } from './journal-state.ts'

const FIND = `select version, epoch_us(committed_at) as micros, rows_inserted, rows_updated, rows_deleted, rows_skipped
 from ${JOURNAL} where batch_id = $1 and table_schema = $2 and table_name = $3 limit 1`

/** Returns the result of the batch in that table, or undefined if the batch was never written. */
export async function findBatch(
  session: Session,
  journal: JournalState,
  { schema, name }: TableRef,
  batchId: string,
): Promise<CommitResult | undefined> {
  if (!journal.exists || journal.sequence === 0) return undefined
  const [row] = await session.rowsOften(FIND, [batchId, schema, name])
  return row && storedResult(row)
}

function storedResult(row: Row): CommitResult {
  const rowsInserted = Number(row.rows_inserted)
  const rowsUpdated = Number(row.rows_updated)
  return {
    version: Number(row.version),
    alreadyWritten: true,
    timestamp: isoFromMicros(BigInt(row.micros as number | bigint)),
    rowsWritten: rowsInserted + rowsUpdated,
    rowsInserted,
    rowsUpdated,
    rowsDeleted: Number(row.rows_deleted),
    rowsSkipped: Number(row.rows_skipped),
  }
}
