import {
  type ColumnDefinition,
  isNested,
  LOG_COLUMNS,
  type Row,
  type TableRef,
  WriterTableError,
} from '@forge/writer-core'
import { columnTypeOf, isPlainType, readTypeOf, sqlTypeOf } from '../engine/column-types.ts'
import type { Relation } from '../engine/compile-scan.ts'
import { qualifiedName, quoteIdentifier } from '../engine/identifiers.ts'
import { jsonTextSql } from '../engine/nested-sql.ts'
import type { Session } from '../engine/session.ts'
import { CATALOG, JOURNAL } from '../journal/journal-sql.ts'
import type { JournalState } from '../journal/journal-state.ts'

/** A column as it is stored. */
export interface StoredColumn extends ColumnDefinition {
  readonly engineType: string
}

/** What is known of a table while the file is held. */
export interface TableState {
  readonly ref: TableRef
  /** Quoted, with catalog and schema. */
  readonly sqlName: string
  exists: boolean
  columns: readonly StoredColumn[]
  rowCount: number
  /** The last one in the journal. Without a journal 0, or -1 if the table does not exist. */
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

/** Makes text of the `TIMESTAMP_NS` columns that have values which a timestamp of microseconds cannot hold. */
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

/** The engine takes names that differ in case alone for one; their journals would be two. */
function assertSameCase({ schema, name }: TableRef, stored: Row | undefined): void {
  if (stored === undefined || (stored.schema === schema && stored.table === name)) return
  throw new WriterTableError(
    `the file has a table ${stored.schema}.${stored.table}, so there can be no ${schema}.${name}`,
    {
      committed: 'no',
      suggestions: [`Name it as it is written there, or choose a name that differs in more than case.`],
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

/** Units and meaning come from the log's own columns where name and type agree. */
export function storedColumn(name: string, engineType: string, nullable: boolean): StoredColumn {
  const type = columnTypeOf(engineType)
  const known = KNOWN.get(name)
  return known?.type === type ? { ...known, nullable, engineType } : { name, type, nullable, engineType }
}

/** The columns without what only this storage knows. */
export function logicalColumns(columns: readonly StoredColumn[]): ColumnDefinition[] {
  return columns.map(({ engineType: _engineType, ...column }) => column)
}

/** The table to select from, in types that batches have. */
export function tableRelation(state: TableState): Relation {
  const columns = logicalColumns(state.columns)
  if (state.columns.every(({ engineType }) => isPlainType(engineType))) return { sql: state.sqlName, columns }
  const selected = state.columns.map(({ name, type, engineType }) => {
    const quoted = quoteIdentifier(name)
    return isPlainType(engineType) ? quoted : `${readAs(quoted, type, engineType)} as ${quoted}`
  })
  return { sql: `(select ${selected.join(', ')} from ${state.sqlName})`, columns }
}

/** No rows of these columns. */
export function emptyRelation(columns: readonly ColumnDefinition[]): Relation {
  const selected = columns.map(({ name, type }) => `cast(null as ${readTypeOf(type)}) as ${quoteIdentifier(name)}`)
  return { sql: `(select ${selected.join(', ')} where false)`, columns }
}

/** What is known of a table that does not exist. */
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
