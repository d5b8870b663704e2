import { qualifiedName, quoteIdentifier } from '../engine/identifiers.ts'

/** Schema of what the storage keeps for itself; not listed among the tables. */
export const OWN_SCHEMA = 'forge_writer'

/** The name under which the file is attached. */
export const CATALOG = 'db'

export const JOURNAL = qualifiedName(CATALOG, OWN_SCHEMA, 'journal')

/** Every commit, in the order of `sequence`; `version` counts within a table. Part of the transaction that it describes. */
export const CREATE_JOURNAL = (catalog: string): readonly string[] => [
  `create schema if not exists ${qualifiedName(catalog, OWN_SCHEMA)}`,
  `create table if not exists ${qualifiedName(catalog, OWN_SCHEMA)}.${quoteIdentifier('journal')} (
    sequence bigint not null, commit_id varchar not null, table_schema varchar not null, table_name varchar not null,
    version bigint not null, committed_at timestamptz not null, operation varchar not null, batch_id varchar,
    row_count bigint not null, size_bytes bigint not null, rows_inserted bigint not null, rows_updated bigint not null,
    rows_deleted bigint not null, rows_skipped bigint not null, writer varchar, run_id varchar, note varchar)`,
]

/** Parameters in the order of the columns; in types that the columns take. */
export const INSERT_JOURNAL = `insert into ${JOURNAL} values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)`
