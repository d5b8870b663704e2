import { type ColumnDefinition, LOG_COLUMNS, type Row, type TableRef, WriterTableError } from '@forge/writer-core'
import { isNested } from '@forge/writer-core/storage'
import { columnTypeOf, isPlainType, readTypeOf, sqlTypeOf } from '../engine/column-types.ts'
import type { Relation } from '../engine/compile-scan.ts'
import { qualifiedName, quoteIdentifier } from '../engine/identifiers.ts'
import { jsonTextSql } from '../engine/nested-sql.ts'
import type { Session } from '../engine/session.ts'
import { CATALOG, JOURNAL } from '../journal/journal-sql.ts'
import type { JournalState } from '../journal/journal-state.ts'

/** A stored column with the engine's type. */
export interface StoredColumn extends ColumnDefinition {
  readonly engineType: string
}

/** The state of a table while the file is held. */
export interface TableState {
  readonly ref: TableRef
  /** The quoted name, with catalog and schema. */
  readonly sqlName: string
  exists: boolean
  columns: readonly StoredColumn[]
  rowCount: number
  /** The last version in the journal. Without an entry 0, or -1 if the table does not exist. */
  version: number
}

const KNOWN: ReadonlyMap<string, ColumnDefinition> = new Map(LOG_COLUMNS.map((column) => [column.name, column]))

export async function readTableState(session: Session, ref: TableRef, journal: JournalState): Promise<TableState> {
  const sqlName = qualifiedName(CATALOG, ref.schema, ref.name)
  const stored = await session.rows(
    `select schema_name as schema, table_name as "table", column_name as name, data_type as type, is_nullable as nullable from duckdb_columns()
     where database_name = $1 and lower(schema_name) = lower($2) and lower(table_name) = lower($3) order by column_index`,
    [CATALOG, ref.schema, ref.name],
  )
  assertSameCase(ref, stored[0])
  const state = missingTable(ref)
  state.version = await lastVersion(session, ref, journal, stored.length === 0 ? -1 : 0)
  if (stored.length === 0) return state
  state.exists = true
  const columns = stored.map(({ name, type, nullable }) => storedColumn(String(name), String(type), nullable === true))
  state.columns = await readFineTimestamps(session, sqlName, columns)
  const [count] = await session.rows(`select count(*) as rows from ${sqlName}`)
  state.rowCount = Number(count?.rows ?? 0)
  return state
}

/** Returns the columns, in which a `TIMESTAMP_NS` is read as text if it has values that a timestamp of microseconds cannot hold. */
async function readFineTimestamps(session: Session, sqlName: string, columns: StoredColumn[]): Promise<StoredColumn[]> {
  const fine = columns.filter(({ engineType }) => engineType === 'TIMESTAMP_NS')
  if (fine.length === 0) return columns
  const counts = fine.map(
    ({ name }, at) => `count(*) filter (where ${exceedsTimestamp(quoteIdentifier(name))}) as c${at}`,
  )
  const [row] = await session.rows(`select ${counts.join(', ')} from ${sqlName}`)
  const texts = new Set(fine.filter((_column, at) => row?.[`c${at}`] !== 0))
  return columns.map((column) => {
    if (!texts.has(column)) return column
    const { name, nullable, engineType } = column
    return { name, type: 'string', nullable, engineType }
  })
}

/** The condition that a `TIMESTAMP_NS` is infinite or is not a whole number of microseconds. */
export function exceedsTimestamp(quoted: string): string {
  return `(not isfinite(${quoted}) or cast(cast(${quoted} as timestamp) as timestamp_ns) <> ${quoted})`
}

/**
 * Throws WriterTableError if a table of that name exists in other letter case. The engine ignores letter case, but the journal would have two tables.
 */
function assertSameCase({ schema, name }: TableRef, stored: Row | undefined): void {
  if (stored === undefined || (stored.schema === schema && stored.table === name)) return
  throw new WriterTableError(
    `table ${schema}.${name} differs only in letter case from table ${stored.schema}.${stored.table} of the file`,
    {
      committed: 'no',
      suggestions: ['Use the existing spelling, or choose a name that differs by more than letter case.'],
    },
  )
}

async function lastVersion(
  session: Session,
  { schema, name }: TableRef,
  journal: JournalState,
  without: number,
): Promise<number> {
  if (!journal.exists) return without
  const [last] = await session.rows(
    `select max(version) as version from ${JOURNAL} where table_schema = $1 and table_name = $2`,
    [schema, name],
  )
  return Number(last?.version ?? without)
}

/** Returns a stored column. Its unit and description come from the log's own column of the same name and type. */
export function storedColumn(name: string, engineType: string, nullable: boolean): StoredColumn {
  const type = columnTypeOf(engineType)
  const known = KNOWN.get(name)
  return known?.type === type ? { ...known, nullable, engineType } : { name, type, nullable, engineType }
}

/** Returns the columns without the engine's types. */
export function logicalColumns(columns: readonly StoredColumn[]): ColumnDefinition[] {
  return columns.map(({ engineType: _engineType, ...column }) => column)
}

/** Returns a relation that selects from the table in types that batches can hold. */
export function tableRelation(state: TableState): Relation {
  const columns = logicalColumns(state.columns)
  if (state.columns.every(({ engineType }) => isPlainType(engineType))) return { sql: state.sqlName, columns }
  const selected = state.columns.map(({ name, type, engineType }) => {
    const quoted = quoteIdentifier(name)
    return isPlainType(engineType) ? quoted : `${readAs(quoted, type, engineType)} as ${quoted}`
  })
  return { sql: `(select ${selected.join(', ')} from ${state.sqlName})`, columns }
}

/** Returns a relation that has these columns and no rows. */
export function emptyRelation(columns: readonly ColumnDefinition[]): Relation {
  const selected = columns.map(({ name, type }) => `cast(null as ${readTypeOf(type)}) as ${quoteIdentifier(name)}`)
  return { sql: `(select ${selected.join(', ')} where false)`, columns }
}

/** Returns the state of a table that does not exist. */
export function missingTable(ref: TableRef): TableState {
  const sqlName = qualifiedName(CATALOG, ref.schema, ref.name)
  return { ref, sqlName, exists: false, columns: [], rowCount: 0, version: -1 }
}

function readAs(quoted: string, type: ColumnDefinition['type'], engineType: string): string {
  if (type === 'timestamp' && engineType !== 'TIMESTAMP') return `cast(cast(${quoted} as timestamp) as timestamptz)`
  if (isNested(type)) return jsonTextSql(quoted, type)
  if (type === 'json') return `cast(to_json(${quoted}) as varchar)`
  return `cast(${quoted} as ${sqlTypeOf(type)})`
}
