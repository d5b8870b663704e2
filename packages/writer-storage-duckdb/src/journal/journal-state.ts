import { randomUUID } from 'node:crypto'
import {
  batchFromRows,
  type CommitOptions,
  type CommitResult,
  defaultWriter,
  isoFromMicros,
  type TableOperation,
} from '@forge/writer-core'
import { appendChunk, chunkOf } from '../engine/append-batch.ts'
import type { Session } from '../engine/session.ts'
import type { TableState } from '../table/table-state.ts'
import { CATALOG, CREATE_JOURNAL, JOURNAL, JOURNAL_COLUMNS, OWN_SCHEMA } from './journal-sql.ts'

/** The end of the journal, kept in step with the file while it is held. */
export interface JournalState {
  exists: boolean
  sequence: number
  commitId: string
  rowsAdded: number
}

/** What a commit did to a table. */
export interface CommitFigures {
  readonly rowsInserted: number
  readonly rowsUpdated?: number
  readonly rowsDeleted?: number
  readonly rowsSkipped?: number
}

export async function readJournalState(session: Session): Promise<JournalState> {
  const tables = await session.rows(
    'select 1 from duckdb_tables() where database_name = $1 and schema_name = $2 and table_name = $3',
    [CATALOG, OWN_SCHEMA, 'journal'],
  )
  if (tables.length === 0) return { exists: false, sequence: 0, commitId: '', rowsAdded: 0 }
  const [end] = await session.rows(
    `select max(sequence) as sequence, arg_max(commit_id, sequence) as commit_id, cast(sum(rows_inserted) as bigint) as rows_added from ${JOURNAL}`,
  )
  return {
    exists: true,
    sequence: Number(end?.sequence ?? 0),
    commitId: String(end?.commit_id ?? ''),
    rowsAdded: Number(end?.rows_added ?? 0),
  }
}

/** Adds the commit to the journal, in the transaction that the session is in, and brings what is known of journal and table up to it. */
export async function addToJournal(
  session: Session,
  journal: JournalState,
  table: TableState,
  operation: TableOperation,
  commit: CommitOptions,
  figures: CommitFigures,
  bytes: number,
): Promise<CommitResult> {
  if (!journal.exists) for (const sql of CREATE_JOURNAL(CATALOG)) await session.run(sql)
  const { rowsInserted, rowsUpdated = 0, rowsDeleted = 0, rowsSkipped = 0 } = figures
  const micros = BigInt(Date.now()) * 1000n
  const commitId = randomUUID()
  const version = table.version + 1
  const rowCount = table.rowCount + rowsInserted - rowsDeleted
  const sequence = journal.sequence + 1
  const timestamp = isoFromMicros(micros)
  const entry = {
    sequence,
    commit_id: commitId,
    table_schema: table.ref.schema,
    table_name: table.ref.name,
    version,
    committed_at: timestamp,
    operation,
    batch_id: commit.batchId,
    row_count: rowCount,
    size_bytes: bytes,
    rows_inserted: rowsInserted,
    rows_updated: rowsUpdated,
    rows_deleted: rowsDeleted,
    rows_skipped: rowsSkipped,
    writer: commit.writer ?? defaultWriter(),
    run_id: commit.runId,
    note: commit.note && JSON.stringify(commit.note),
  }
  const target = { catalog: CATALOG, schema: OWN_SCHEMA, name: 'journal' }
  await appendChunk(session, target, chunkOf(batchFromRows(JOURNAL_COLUMNS, [entry])))
  const rowsWritten = rowsInserted + rowsUpdated
  Object.assign(journal, { exists: true, sequence, commitId, rowsAdded: journal.rowsAdded + rowsInserted })
  Object.assign(table, { version, rowCount, exists: true })
  return { version, alreadyWritten: false, timestamp, rowsWritten, rowsInserted, rowsUpdated, rowsDeleted, rowsSkipped }
}
