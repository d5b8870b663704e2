import type { ColumnDefinition, ColumnType } from '@forge/writer-core'
import { qualifiedName, quoteIdentifier, quoteText } from '../engine/identifiers.ts'

/** The schema of the storage's own tables, which `listTables` omits. */
export const OWN_SCHEMA = 'forge_writer'

/** The name under which the file is attached. */
export const CATALOG = 'db'

export const JOURNAL = journalOf(CATALOG)

/** Returns the SQL name of the journal of a file that is attached as `catalog`. */
export function journalOf(catalog: string): string {
  return qualifiedName(catalog, OWN_SCHEMA, 'journal')
}

/**
 * Returns the statements that create the journal. It has one entry per commit, in the order of `sequence`, written in the transaction that it
 * describes. `version` counts the commits of a table. The comment of the table is the id of the file, which the first commit names.
 */
export const CREATE_JOURNAL = (catalog: string, fileId: string): readonly string[] => [
  `create schema if not exists ${qualifiedName(catalog, OWN_SCHEMA)}`,
  `create table if not exists ${qualifiedName(catalog, OWN_SCHEMA)}.${quoteIdentifier('journal')} (
    sequence bigint not null, commit_id varchar not null, table_schema varchar not null, table_name varchar not null,
    version bigint not null, committed_at timestamptz not null, operation varchar not null, batch_id varchar,
    row_count bigint not null, size_bytes bigint not null, rows_inserted bigint not null, rows_updated bigint not null,
    rows_deleted bigint not null, rows_skipped bigint not null, writer varchar, run_id varchar, note varchar)`,
  `comment on table ${journalOf(catalog)} is ${quoteText(fileId)}`,
]

const journalColumn = (name: string, type: ColumnType) => ({ name, type, nullable: true })

/** The columns of a journal entry that is added. */
export const JOURNAL_COLUMNS: readonly ColumnDefinition[] = [
  journalColumn('sequence', 'int64'),
  journalColumn('commit_id', 'string'),
  journalColumn('table_schema', 'string'),
  journalColumn('table_name', 'string'),
  journalColumn('version', 'int64'),
  journalColumn('committed_at', 'timestamp'),
  journalColumn('operation', 'string'),
  journalColumn('batch_id', 'string'),
  journalColumn('row_count', 'int64'),
  journalColumn('size_bytes', 'int64'),
  journalColumn('rows_inserted', 'int64'),
  journalColumn('rows_updated', 'int64'),
  journalColumn('rows_deleted', 'int64'),
  journalColumn('rows_skipped', 'int64'),
  journalColumn('writer', 'string'),
  journalColumn('run_id', 'string'),
  journalColumn('note', 'string'),
]
