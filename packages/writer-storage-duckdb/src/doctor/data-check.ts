import type { DoctorCheck } from '@forge/writer-core'
import { fromEngineError } from '../engine/engine-errors.ts'
import { qualifiedName, quoteIdentifier } from '../engine/identifiers.ts'
import type { Session } from '../engine/session.ts'
import { CATALOG } from '../journal/journal-sql.ts'

interface StoredTable {
  readonly label: string
  readonly sqlName: string
  readonly columns: string[]
}

const MAX_NAMED = 10

/** Reads every value of every table, so that each block of the file is compared with its checksum. */
export async function dataCheck(session: Session): Promise<DoctorCheck> {
  const tables = await storedTables(session)
  const problems: string[] = []
  let rows = 0
  for (const table of tables) {
    const found = await readTable(session, table)
    rows += found.rows
    problems.push(...found.problems)
  }
  if (problems.length === 0)
    return { name: 'data', status: 'ok', detail: `every value of ${rows} rows in ${tables.length} tables can be read` }
  const more = problems.length > MAX_NAMED ? `; and ${problems.length - MAX_NAMED} more` : ''
  return {
    name: 'data',
    status: 'problem',
    detail: `${problems.slice(0, MAX_NAMED).join('; ')}${more}`,
    suggestion: 'Restore the file from a copy, or export the rows that can be read.',
  }
}

async function storedTables(session: Session): Promise<StoredTable[]> {
  const found = await session.rows(
    `select schema_name as schema, table_name as name, column_name as "column" from duckdb_columns()
     where database_name = $1 and not internal and table_name in (select table_name from duckdb_tables() where database_name = $1)
     order by schema_name, table_name, column_index`,
    [CATALOG],
  )
  const tables = new Map<string, StoredTable>()
  for (const { schema, name, column } of found) {
    const label = `${schema}.${name}`
    const table = tables.get(label) ?? {
      label,
      sqlName: qualifiedName(CATALOG, String(schema), String(name)),
      columns: [],
    }
    table.columns.push(String(column))
    tables.set(label, table)
  }
  return [...tables.values()]
}

/** Reads every column. A column that fails is read again in groups of rows, to report which of them are lost. */
async function readTable(
  session: Session,
  { label, sqlName, columns }: StoredTable,
): Promise<{ readonly rows: number; readonly problems: readonly string[] }> {
  const problems: string[] = []
  let rows = 0
  for (const column of columns) {
    const values = `select count(*) as rows, cast(bit_xor(hash(${quoteIdentifier(column)})) as varchar) as read from ${sqlName}`
    try {
      const [read] = await session.rows(values)
      rows = Math.max(rows, Number(read?.rows ?? 0))
    } catch (error) {
      const reason = fromEngineError(error, 'reading').message
      const groups = await unreadableGroups(session, sqlName, values)
      problems.push(`${label}: ${groups} of column ${column} cannot be read (${reason})`)
    }
  }
  return { rows, problems }
}

const ROW_RANGE = 'where rowid between $1 and $2'

async function unreadableGroups(session: Session, sqlName: string, values: string): Promise<string> {
  const lost: string[] = []
  for (const { from, to } of await rowGroups(session, sqlName)) {
    await session.rows(`${values} ${ROW_RANGE}`, [BigInt(from), BigInt(to)]).catch(() => {
      lost.push(`${from}-${to}`)
    })
  }
  return lost.length === 0 ? 'values' : `rows ${lost.slice(0, MAX_NAMED).join(', ')}`
}

/** The number of rows that are read at once to find unreadable ones: the size of a row group in a new file. */
const GROUP_ROWS = 30_720

/** Returns the row id ranges of the table. They include deleted rows until a checkpoint removes these. */
async function rowGroups(session: Session, sqlName: string): Promise<{ readonly from: number; readonly to: number }[]> {
  const [last] = await session.rows(`select max(rowid) as position from ${sqlName}`)
  const groups = Math.ceil((Number(last?.position ?? -1) + 1) / GROUP_ROWS)
  return Array.from({ length: groups }, (_none, group) => ({
    from: group * GROUP_ROWS,
    to: (group + 1) * GROUP_ROWS - 1,
  }))
}
