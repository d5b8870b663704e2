import { type ColumnDefinition, type LogBatch, type TableRef, WriterConfigurationError } from '@forge/writer-core'
import { findColumn, isoFromMicros, isValid, vectorOf } from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { qualifiedName, quoteIdentifier } from '../sql/identifiers.ts'
import { literalSql } from '../sql/literals.ts'

/** The partitions of a table. */
export interface Partitions {
  /** The timestamp column by whose months this project makes partitions; undefined if another program partitioned the table. */
  readonly column: string | undefined
  /** The partitions of months by their number since 1970, as names in SQL. */
  readonly months: ReadonlyMap<number, string>
  /** The default partition, as a name in SQL; undefined if the table has none. */
  readonly rest?: string | undefined
}

/** A table, and its name in SQL. */
interface NamedTable {
  readonly ref: TableRef
  readonly sqlName: string
}

/** The start of the comment on a table that this project partitions. */
const MARK = 'forge-writer partitions: months of '
/** The months that get partitions: 2000-01 to 2099-12. Rows of others, and those without a time, are in the default partition. */
const [FIRST_MONTH, LAST_MONTH] = [30 * 12, 130 * 12 - 1]
const MAX_NAME_BYTES = 63
const REST = '_default'

/** Returns the column of the comment on a table, by whose months this project makes partitions. */
export function partitionColumnOf(comment: string | null | undefined): string | undefined {
  return comment?.startsWith(MARK) ? comment.slice(MARK.length) : undefined
}

/** Throws WriterConfigurationError if a new table cannot be partitioned by the column. Returns undefined if the table does not have it. */
export function newPartitions(
  { ref, columns }: { readonly ref: TableRef; readonly columns: readonly ColumnDefinition[] },
  column: string | undefined,
): Partitions | undefined {
  const found = column === undefined ? undefined : findColumn(column, columns)
  if (!found) return undefined
  if (found.type === 'timestamp') return { column: found.name, months: new Map(), rest: restOf(ref) }
  const problem = `must be a timestamp, and ${found.name} is ${found.type}`
  throw new WriterConfigurationError(`partitionByMonth ${problem}`, {
    context: { problems: [{ setting: 'partitionByMonth', problem }] },
    committed: 'no',
  })
}

/** Reads the partitions of a table, and their part of its mark. */
export async function readPartitions(
  session: Session,
  { sqlName }: Pick<NamedTable, 'sqlName'>,
  comment: string | null | undefined,
): Promise<{ readonly partitions: Partitions; readonly mark: readonly string[] }> {
  const rows = await session.rows(
    `select i.inhrelid::text, n.nspname, c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
     join pg_namespace n on n.oid = c.relnamespace where i.inhparent = $1::regclass order by i.inhrelid`,
    [sqlName],
  )
  const column = partitionColumnOf(comment)
  const months = rows.flatMap(([_oid, schema, name]): [number, string][] => {
    const [, year, month] = /_(\d{4})_(\d{2})$/.exec(String(name)) ?? []
    if (column === undefined || year === undefined) return []
    return [[(Number(year) - 1970) * 12 + Number(month) - 1, qualifiedName(String(schema), String(name))]]
  })
  const rest = rows.find(([_oid, _schema, name]) => String(name).endsWith(REST))
  const restName = rest && qualifiedName(String(rest[1]), String(rest[2]))
  return { partitions: { column, months: new Map(months), rest: restName }, mark: rows.map(([oid]) => String(oid)) }
}

/** Returns the statements that make a new table a partitioned one, after it was created, and the default partition. */
export function partitionTableSql({ ref, sqlName }: NamedTable, column: string): string[] {
  return [
    `comment on table ${sqlName} is ${literalSql(`${MARK}${column}`)}`,
    `create table ${restOf(ref)} partition of ${sqlName} default`,
  ]
}

/** Returns the clause of `create table` for a table that is partitioned by a column. */
export function partitionClause(column: string | undefined): string {
  return column === undefined ? '' : ` partition by range (${quoteIdentifier(column)})`
}

/** Returns the partitions with those that the rows of a batch need as well, and the statements that create them. */
export function addMonths(
  { ref, sqlName }: NamedTable,
  { column, months, rest }: Partitions,
  batch: LogBatch,
): { readonly partitions: Partitions; readonly changes: readonly string[] } {
  const missing = column === undefined ? [] : [...monthsIn(batch, column)].filter((month) => !months.has(month)).sort()
  const added = missing.map((month): [number, string] => [
    month,
    qualifiedName(ref.schema, partitionName(ref.name, `_${textOf(month).replace('-', '_')}`)),
  ])
  return {
    partitions: { column, rest, months: new Map([...months, ...added]) },
    changes: added.flatMap(([month, name]) => addMonthSql(sqlName, { column: String(column), month, name, rest })),
  }
}

interface NewMonth {
  readonly column: string
  readonly month: number
  readonly name: string
  readonly rest: string | undefined
}

/** Returns the statements that add a partition. It takes the rows of its month that another program has added to the default partition. */
function addMonthSql(sqlName: string, { column, month, name, rest }: NewMonth): string[] {
  const [from, to] = [`'${startOf(month)}'`, `'${startOf(month + 1)}'`]
  const quoted = quoteIdentifier(column)
  return [
    `create table ${name} (like ${sqlName} including defaults)`,
    ...(rest === undefined
      ? []
      : [
          `with moved as (delete from ${rest} where ${quoted} >= ${from} and ${quoted} < ${to} returning *)
           insert into ${name} select * from moved`,
        ]),
    `alter table ${sqlName} attach partition ${name} for values from (${from}) to (${to})`,
  ]
}

function monthsIn(batch: LogBatch, column: string): Set<number> {
  const months = new Set<number>()
  const vector = vectorOf(batch, column)
  if (vector?.kind !== 'int64') return months
  // Rows next to each other are mostly of one month.
  let [from, to] = [1n, 0n]
  for (let row = 0; row < batch.rowCount; row++) {
    const micros = vector.values[row] ?? 0n
    if ((micros >= from && micros < to) || !isValid(vector.validity, row)) continue
    const date = new Date(isoFromMicros(micros))
    const month = (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth()
    ;[from, to] = [microsOf(month), microsOf(month + 1)]
    if (month >= FIRST_MONTH && month <= LAST_MONTH) months.add(month)
  }
  return months
}

function microsOf(month: number): bigint {
  return BigInt(Date.UTC(1970, month, 1)) * 1000n
}

/** Returns the month as YYYY-MM. */
function textOf(month: number): string {
  return new Date(Date.UTC(1970, month, 1)).toISOString().slice(0, 7)
}

function startOf(month: number): string {
  return `${textOf(month)}-01 00:00:00+00`
}

function restOf({ schema, name }: TableRef): string {
  return qualifiedName(schema, partitionName(name, REST))
}

/** Returns the name of a partition, whose start is cut if the whole is longer than the server keeps. */
function partitionName(table: string, suffix: string): string {
  let start = table
  while (Buffer.byteLength(start + suffix) > MAX_NAME_BYTES) start = [...start].slice(0, -1).join('')
  return start + suffix
}
