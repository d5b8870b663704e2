import { type ColumnDefinition, LOG_COLUMNS, type TableRef } from '@forge/writer-core'
import type { Session, TextRow } from '../connection/connections.ts'
import { JOURNAL, journalExists } from '../journal/journal.ts'
import { COLUMN_MARK, tableMark } from '../journal/server-functions.ts'
import { columnTypeOf, storedColumn } from '../sql/column-types.ts'
import { qualifiedName } from '../sql/identifiers.ts'
import { literalSql } from '../sql/literals.ts'
import { newPartitions, type Partitions, partitionColumnOf, readPartitions } from './month-partitions.ts'

/** The state of a table in one transaction. */
export interface TableShape {
  readonly ref: TableRef
  readonly sqlName: string
  readonly exists: boolean
  /** The columns; those of the options if the table does not exist. */
  readonly columns: readonly ColumnDefinition[]
  /** The columns that batches cannot hold; they are read as text. */
  readonly foreign: ReadonlySet<string>
  /** The partitions; undefined if the table has none. */
  readonly partitions?: Partitions | undefined
  /** Text that is another one when a column of the table has changed. Empty if the table does not exist. */
  readonly mark: string
}

/** A table with its last version, as one transaction sees it. */
export interface TableState extends TableShape {
  readonly version: number
  readonly rowCount: number
}

/** Returns the statement whose rows {@link tableShape} reads. */
export function columnsSql({ schema, name }: TableRef): string {
  return `select a.attname, format_type(a.atttypid, a.atttypmod), not a.attnotnull, col_description(a.attrelid, a.attnum), ${COLUMN_MARK},
   case when c.relkind = 'p' then coalesce(obj_description(c.oid, 'pg_class'), '') end
 from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
 where n.nspname = ${literalSql(schema)} and c.relname = ${literalSql(name)} and c.relkind in ('r', 'p') and a.attnum > 0
   and not a.attisdropped order by a.attnum`
}

/** The columns of the options, and the column by whose months a new table is partitioned. */
export interface NewTable {
  readonly columns?: readonly ColumnDefinition[] | undefined
  readonly partitionByMonth?: string | undefined
}

/** Returns a table from the rows of its columns. The months of its partitions are read by {@link withPartitions}. */
export function tableShape(
  ref: TableRef,
  rows: readonly TextRow[],
  { columns: declared = LOG_COLUMNS, partitionByMonth }: NewTable,
): TableShape {
  const sqlName = qualifiedName(ref.schema, ref.name)
  if (rows.length === 0) {
    const partitions = newPartitions({ ref, columns: declared }, partitionByMonth)
    return { ref, sqlName, exists: false, columns: declared, foreign: new Set(), mark: '', partitions }
  }
  const foreign = new Set<string>()
  const columns = rows.map(([name, type, nullable, comment]) => {
    const known = columnTypeOf(String(type), comment ?? null)
    if (known === undefined) foreign.add(String(name))
    return storedColumn(String(name), known ?? 'string', nullable === 't')
  })
  const mark = tableMark(rows.map(([_name, _type, _nullable, comment, mark]) => ({ mark: String(mark), comment })))
  const partitionComment = rows[0]?.[5]
  const partitions =
    partitionComment == null ? undefined : { column: partitionColumnOf(partitionComment), months: new Map() }
  return { ref, sqlName, exists: true, columns, foreign, mark, partitions }
}

/** Reads the partitions of a table, which its mark then contains. `rows` are those of its columns. */
export async function withPartitions(
  session: Session,
  shape: TableShape,
  rows: readonly TextRow[],
): Promise<TableShape> {
  if (!shape.exists || !shape.partitions) return shape
  const { partitions, mark } = await readPartitions(session, shape, rows[0]?.[5])
  return { ...shape, partitions, mark: [shape.mark, ...mark].join('\n') }
}

/** Reads the version and number of rows of a table. */
export async function readTableState(session: Session, shape: TableShape): Promise<TableState> {
  if (!shape.exists) return { ...shape, version: -1, rowCount: 0 }
  const last = await lastCommit(session, shape.ref)
  const counted = last ?? (await session.rows(`select 0, count(*) from ${shape.sqlName}`))[0]
  const [version, rowCount] = counted ?? []
  return { ...shape, version: Number(version), rowCount: Number(rowCount) }
}

/** Returns version and number of rows of the last commit; undefined for a table of another program. */
async function lastCommit(session: Session, { schema, name }: TableRef): Promise<TextRow | undefined> {
  if (!(await journalExists(session))) return undefined
  const [last] = await session.rows(
    `select version, row_count from ${JOURNAL} where table_schema = $1 and table_name = $2 order by version desc limit 1`,
    [schema, name],
  )
  return last
}
