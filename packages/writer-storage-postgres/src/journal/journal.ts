import { createHash } from 'node:crypto'
import type { CommitOptions, CommitResult, TableHistory, TableOperation, TableRef } from '@forge/writer-core'
import { WriterConfigurationError } from '@forge/writer-core'
import { assertMethodOptions, defaultWriter, isoFromMicros } from '@forge/writer-core/storage'
import type { Session, TextRow } from '../connection/connections.ts'
import { literalSql } from '../sql/literals.ts'

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

/** Returns the statement whose rows {@link batchOf} reads. */
export function findBatchSql({ schema, name }: TableRef, batchId: string): string {
  return `select version, ${MICROS}, rows_inserted, rows_updated, rows_deleted, rows_skipped from ${JOURNAL}
     where table_schema = ${literalSql(schema)} and table_name = ${literalSql(name)} and batch_hash = ${literalSql(hashOf(batchId))}`
}

/** Returns the result of a batch from the rows of its look-up; undefined if it was never written. */
export function batchOf([row]: readonly TextRow[] = []): CommitResult | undefined {
  return row && { ...resultOf(row), alreadyWritten: true }
}

/** Returns the result of the batch, or undefined if it was never written. */
export async function findBatch(session: Session, ref: TableRef, batchId: string): Promise<CommitResult | undefined> {
  return batchOf(await session.rows(findBatchSql(ref, batchId)))
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

/**
 * Returns the statement that adds the commit to the journal, whose rows {@link addedVersion} reads. The rows of a table that another program made are
 * counted. The transaction must hold the lock of the journal.
 */
export function addToJournalSql({ ref, operation, commit, figures, sqlName }: JournalEntry): string {
  const { rowsInserted, rowsUpdated = 0, rowsDeleted = 0, rowsSkipped = 0 } = figures
  const [schema, name] = [literalSql(ref.schema), literalSql(ref.name)]
  const counts = [rowsInserted, rowsUpdated, rowsDeleted, rowsSkipped].map((count) => `${Math.trunc(count)}::bigint`)
  const texts = [
    commit.writer ?? defaultWriter(),
    commit.runId ?? null,
    commit.note ? JSON.stringify(commit.note) : null,
  ]
  return `insert into ${JOURNAL} (table_schema, table_name, version, committed_at, operation, batch_id, batch_hash, row_count,
       size_bytes, rows_inserted, rows_updated, rows_deleted, rows_skipped, writer, run_id, note)
     select ${schema}, ${name}, coalesce(last.version, -1) + 1, clock_timestamp(), ${literalSql(operation)},
       ${literalSql(commit.batchId)}, ${literalSql(hashOf(commit.batchId))},
       case when last.version is null then (select count(*) from ${sqlName})
         else last.row_count + ${counts[0]} - ${counts[2]} end,
       pg_relation_size(${literalSql(sqlName)}::regclass), ${counts.join(', ')}, ${texts.map(literalSql).join(', ')}
     from (select 1) as one left join lateral (select version, row_count from ${JOURNAL}
       where table_schema = ${schema} and table_name = ${name} order by version desc limit 1) as last on true
     returning version, ${MICROS}, rows_inserted, rows_updated, rows_deleted, rows_skipped`
}

/** Returns the result of a commit from the rows of the statement that added it to the journal. */
export function addedVersion([row]: readonly TextRow[] = []): CommitResult {
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
