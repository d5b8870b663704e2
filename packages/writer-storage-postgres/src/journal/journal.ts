import { createHash } from 'node:crypto'
import type { CommitOptions, CommitResult, TableHistory, TableOperation, TableRef } from '@forge/writer-core'
import { WriterConfigurationError } from '@forge/writer-core'
import { assertMethodOptions, defaultWriter, isoFromMicros } from '@forge/writer-core/storage'
import type { Session, TextRow } from '../connection/connections.ts'

/** The schema of the storage's own table. */
export const OWN_SCHEMA = 'forge_writer'
export const JOURNAL = '"forge_writer"."versions"'

/** The statements that create the journal: one row for each commit of each table, written in the transaction that it describes. */
export const CREATE_JOURNAL = `create schema if not exists "forge_writer";
create table if not exists ${JOURNAL} (
  table_schema text collate "C" not null, table_name text collate "C" not null, version bigint not null,
  committed_at timestamptz not null, operation text not null, batch_id text not null, batch_hash bytea not null,
  row_count bigint not null, size_bytes bigint not null, rows_inserted bigint not null, rows_updated bigint not null,
  rows_deleted bigint not null, rows_skipped bigint not null, writer text, run_id text, note text,
  primary key (table_schema, table_name, version), unique (table_schema, table_name, batch_hash))`

/** Returns true if the journal exists. */
export async function journalExists(session: Session): Promise<boolean> {
  const [row] = await session.rows(`select to_regclass('${JOURNAL}') is not null`)
  return row?.[0] === 't'
}

/** The row counts of a commit. */
export interface CommitFigures {
  readonly rowsInserted: number
  readonly rowsUpdated?: number | undefined
  readonly rowsDeleted?: number | undefined
  readonly rowsSkipped?: number | undefined
}

const MICROS = '(extract(epoch from committed_at) * 1000000)::bigint'

/** Returns the result of the batch, or undefined if it was never written. */
export async function findBatch(
  session: Session,
  { schema, name }: TableRef,
  batchId: string,
): Promise<CommitResult | undefined> {
  const [row] = await session.rows(
    `select version, ${MICROS}, rows_inserted, rows_updated, rows_deleted, rows_skipped from ${JOURNAL}
     where table_schema = $1 and table_name = $2 and batch_hash = $3`,
    [schema, name, hashOf(batchId)],
  )
  return row && { ...resultOf(row), alreadyWritten: true }
}

function resultOf(row: TextRow): CommitResult {
  const [version, micros, inserted, updated, deleted, skipped] = row
  const [rowsInserted, rowsUpdated] = [Number(inserted), Number(updated)]
  return {
    version: Number(version),
    alreadyWritten: false,
    timestamp: isoFromMicros(BigInt(micros ?? 0)),
    rowsWritten: rowsInserted + rowsUpdated,
    rowsInserted,
    rowsUpdated,
    rowsDeleted: Number(deleted),
    rowsSkipped: Number(skipped),
  }
}

/** The parts of a commit that the journal keeps. */
export interface JournalEntry {
  readonly ref: TableRef
  readonly sqlName: string
  readonly operation: TableOperation
  readonly commit: CommitOptions
  readonly figures: CommitFigures
}

/** Adds the commit to the journal. The rows of a table that another program made are counted. The transaction must hold the lock of the journal. */
export async function addToJournal(session: Session, entry: JournalEntry): Promise<CommitResult> {
  const { ref, operation, commit, figures, sqlName } = entry
  const { rowsInserted, rowsUpdated = 0, rowsDeleted = 0, rowsSkipped = 0 } = figures
  const [row] = await session.rows(
    `insert into ${JOURNAL} (table_schema, table_name, version, committed_at, operation, batch_id, batch_hash, row_count,
       size_bytes, rows_inserted, rows_updated, rows_deleted, rows_skipped, writer, run_id, note)
     select $1, $2, coalesce(last.version, -1) + 1, clock_timestamp(), $3, $4, $5,
       case when last.version is null then (select count(*) from ${sqlName})
         else last.row_count + $6::bigint - $8::bigint end, pg_relation_size($13::regclass),
       $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10, $11, $12
     from (select 1) as one left join lateral (select version, row_count from ${JOURNAL}
       where table_schema = $1 and table_name = $2 order by version desc limit 1) as last on true
     returning version, ${MICROS}, rows_inserted, rows_updated, rows_deleted, rows_skipped`,
    [
      ref.schema,
      ref.name,
      operation,
      commit.batchId,
      hashOf(commit.batchId),
      rowsInserted,
      rowsUpdated,
      rowsDeleted,
      rowsSkipped,
      commit.writer ?? defaultWriter(),
      commit.runId ?? null,
      commit.note ? JSON.stringify(commit.note) : null,
      sqlName,
    ],
  )
  return resultOf(row ?? [])
}

/** Returns the commits of the table, newest first. */
export async function tableHistory(
  session: Session,
  { schema, name }: TableRef,
  options: { readonly limit?: number | undefined } = {},
): Promise<TableHistory> {
  assertMethodOptions('history', options)
  const { limit = Number.MAX_SAFE_INTEGER } = options
  if (!(await journalExists(session))) return { totalVersions: 0, versions: [] }
  const where = 'where table_schema = $1 and table_name = $2'
  const [count] = await session.rows(`select count(*) from ${JOURNAL} ${where}`, [schema, name])
  const rows = await session.rows(
    `select version, ${MICROS}, operation, row_count, size_bytes, rows_inserted, rows_updated, rows_deleted, batch_id,
       writer, note from ${JOURNAL} ${where} order by version desc limit $3`,
    [schema, name, limit],
  )
  return { totalVersions: Number(count?.[0]), versions: rows.map(versionOf) }
}

function versionOf(row: TextRow): TableHistory['versions'][number] {
  const [version, micros, operation, rowCount, sizeBytes, inserted, updated, deleted, batchId, writer, note] = row
  return {
    version: Number(version),
    timestamp: isoFromMicros(BigInt(micros ?? 0)),
    operation: String(operation),
    rowCount: Number(rowCount),
    sizeBytes: Number(sizeBytes),
    // An update removes the old row and adds the new one.
    rowsAdded: Number(inserted) + Number(updated),
    rowsRemoved: Number(deleted) + Number(updated),
    batchId: batchId ?? null,
    writer: writer ?? null,
    note: note == null ? null : (JSON.parse(note) as Record<string, string>),
  }
}

/** Throws WriterConfigurationError for metadata of a write that the server cannot store. */
export function assertCommit(commit: CommitOptions): void {
  assertMethodOptions('commit', commit)
  for (const setting of ['batchId', 'writer', 'runId'] as const) {
    if (!commit[setting]?.includes('\0')) continue
    const problem = 'must not contain NUL'
    throw new WriterConfigurationError(`${setting} ${problem}`, {
      context: { problems: [{ setting, problem }] },
      committed: 'no',
    })
  }
}

/** Returns the key of a batch id, which may be longer than an index allows. */
function hashOf(batchId: string): Buffer {
  return createHash('sha256').update(batchId).digest()
}
