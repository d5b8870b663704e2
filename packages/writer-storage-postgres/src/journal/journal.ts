import { createHash } from 'node:crypto'
import type { CommitOptions, CommitResult, TableHistory, TableOperation, TableRef } from '@forge/writer-core'
import { WriterConfigurationError } from '@forge/writer-core'
import { assertMethodOptions, defaultWriter, isoFromMicros } from '@forge/writer-core/storage'
import type { Session, TextRow } from '../connection/connections.ts'
import { literalSql } from '../sql/literals.ts'
import { CREATE_FUNCTIONS, FUNCTION_SIGNATURES } from './server-functions.ts'

/** The schema of the storage's own table. */
export const OWN_SCHEMA = 'forge_writer'
export const JOURNAL = '"forge_writer"."versions"'

/** The statements that create the journal and its functions: one row for each commit of each table, written in the transaction that it describes. */
export const CREATE_JOURNAL = `create schema if not exists "forge_writer";
create table if not exists ${JOURNAL} (
  table_schema text collate "C" not null, table_name text collate "C" not null, version bigint not null,
  committed_at timestamptz not null, operation text not null, batch_id text not null, batch_hash bytea not null,
  row_count bigint not null, size_bytes bigint not null, rows_inserted bigint not null, rows_updated bigint not null,
  rows_deleted bigint not null, rows_skipped bigint not null, writer text, run_id text, note text,
  primary key (table_schema, table_name, version), unique (batch_hash));
${CREATE_FUNCTIONS}`

/** Returns true if the journal exists. */
export async function journalExists(session: Session): Promise<boolean> {
  const [row] = await session.rows(`select to_regclass('${JOURNAL}') is not null`)
  return row?.[0] === 't'
}

/** Returns true if the journal exists and has the functions of this release, so that a write can add to it. */
export async function journalIsReady(session: Session): Promise<boolean> {
  const parts = [`to_regclass('${JOURNAL}')`, ...FUNCTION_SIGNATURES.map((name) => `to_regprocedure('${name}')`)]
  const [row] = await session.rows(`select ${parts.map((part) => `${part} is not null`).join(' and ')}`)
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
export function findBatchSql(ref: TableRef, batchId: string): string {
  return `select version, ${MICROS}, rows_inserted, rows_updated, rows_deleted, rows_skipped from ${JOURNAL}
     where batch_hash = ${literalSql(batchHash(ref, batchId))}`
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
  /** True if the commit is notified to those who listen on {@link CHANGES}. */
  readonly notifiesChanges: boolean
}

/** The channel of the notifications. */
export const CHANGES = 'forge_writer_changes'

/**
 * Returns the statement that waits for the turn of the transaction, which lasts until it ends, and adds the commit to the journal. {@link addedVersion}
 * reads its rows. The rows of a table that another program made are counted. `lockKey` is the key of the journal's lock for the table, as SQL.
 */
export function addToJournalSql(
  { ref, operation, commit, figures, sqlName, notifiesChanges }: JournalEntry,
  lockKey: string,
): string {
  const { rowsInserted, rowsUpdated = 0, rowsDeleted = 0, rowsSkipped = 0 } = figures
  const counts = [rowsInserted, rowsUpdated, rowsDeleted, rowsSkipped].map((count) => `${Math.trunc(count)}`)
  const note = commit.note ? JSON.stringify(commit.note) : null
  const texts = [commit.writer ?? defaultWriter(), commit.runId ?? null, note].map(literalSql)
  const values = [
    ...[ref.schema, ref.name, sqlName].map(literalSql),
    lockKey,
    ...[operation, commit.batchId, batchHash(ref, commit.batchId)].map(literalSql),
    ...counts,
    ...texts,
  ]
  // The server sends a notification when the transaction has been committed.
  const notify = notifiesChanges ? `, pg_notify('${CHANGES}', '')` : ''
  return `select version, ${MICROS}, rows_inserted, rows_updated, rows_deleted, rows_skipped${notify}
     from "forge_writer"."add_version_1"(${values.join(', ')})`
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

/**
 * Returns the key of a batch of a table. A batch id may be longer than an index allows. No part of it is a key of another index, so the server finds a
 * batch by this index, even if it has no statistics of the journal yet.
 */
export function batchHash({ schema, name }: TableRef, batchId: string): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([schema, name, batchId]))
    .digest()
}
