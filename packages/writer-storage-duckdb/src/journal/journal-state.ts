import { randomUUID } from 'node:crypto'
import {
  batchFromRows,
  type CommitOptions,
  type CommitResult,
  type TableOperation,
  type TableRef,
} from '@forge/writer-core'
import { defaultWriter, isoFromMicros } from '@forge/writer-core/storage'
import { appendChunk, chunkOf } from '../engine/append-batch.ts'
import type { Session } from '../engine/session.ts'
import { nextCommitId } from './commit-chain.ts'
import { CATALOG, CREATE_JOURNAL, JOURNAL_COLUMNS, journalOf, OWN_SCHEMA } from './journal-sql.ts'

/** The end of the journal, kept up to date while the file is held. */
export interface JournalState {
  exists: boolean
  sequence: number
  /** The id of the last commit, which contains the id of the commit before it. */
  commitId: string
  rowsAdded: number
  /** The number of entries. It equals `sequence` if no entry is missing. */
  commits: number
  /** The id of the file, which the first commit names. Empty in files of earlier releases. */
  fileId: string
  /** The id of the commit at `markedAt`, or undefined if it is missing. */
  readonly markedCommitId: string | undefined
}

/** The row counts of a commit. */
export interface CommitFigures {
  readonly rowsInserted: number
  readonly rowsUpdated?: number | undefined
  readonly rowsDeleted?: number | undefined
  readonly rowsSkipped?: number | undefined
}

/** The table of a journal entry, which the entry brings up to date. */
export interface JournaledTable {
  readonly ref: TableRef
  version: number
  rowCount: number
  exists: boolean
}

export interface JournalQuestion {
  /** The name under which the file is attached. */
  readonly catalog?: string | undefined
  /** The sequence of the commit whose id is returned as `idAtMark`. */
  readonly markedAt?: number | undefined
}

export async function readJournalState(
  session: Session,
  { catalog = CATALOG, markedAt = 0 }: JournalQuestion = {},
): Promise<JournalState> {
  const tables = await session.rows(
    'select comment from duckdb_tables() where database_name = $1 and schema_name = $2 and table_name = $3',
    [catalog, OWN_SCHEMA, 'journal'],
  )
  const [table] = tables
  if (!table) {
    return { exists: false, sequence: 0, commitId: '', rowsAdded: 0, commits: 0, fileId: '', markedCommitId: undefined }
  }
  const [end] = await session.rows(
    `select max(sequence) as sequence, arg_max(commit_id, sequence) as commit_id, cast(sum(rows_inserted) as bigint) as rows_added,
       count(*) as commits, any_value(commit_id) filter (where sequence = $1) as marked from ${journalOf(catalog)}`,
    [BigInt(markedAt)],
  )
  return {
    exists: true,
    sequence: Number(end?.sequence ?? 0),
    commitId: String(end?.commit_id ?? ''),
    rowsAdded: Number(end?.rows_added ?? 0),
    commits: Number(end?.commits ?? 0),
    fileId: String(table.comment ?? ''),
    markedCommitId: end?.marked == null ? undefined : String(end.marked),
  }
}

/** Adds the commit to the journal in the current transaction of the session, and updates `journal` and `table`. */
export async function addToJournal(
  session: Session,
  journal: JournalState,
  table: JournaledTable,
  operation: TableOperation,
  commit: CommitOptions,
  figures: CommitFigures,
  bytes: number,
): Promise<CommitResult> {
  if (!journal.exists) {
    journal.fileId = randomUUID()
    for (const sql of CREATE_JOURNAL(CATALOG, journal.fileId)) await session.run(sql)
  }
  const { rowsInserted, rowsUpdated = 0, rowsDeleted = 0, rowsSkipped = 0 } = figures
  const micros = BigInt(Date.now()) * 1000n
  const commitId = nextCommitId(journal.commitId || journal.fileId)
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
  Object.assign(journal, {
    exists: true,
    sequence,
    commitId,
    rowsAdded: journal.rowsAdded + rowsInserted,
    commits: journal.commits + 1,
  })
  Object.assign(table, { version, rowCount, exists: true })
  return { version, alreadyWritten: false, timestamp, rowsWritten, rowsInserted, rowsUpdated, rowsDeleted, rowsSkipped }
}
