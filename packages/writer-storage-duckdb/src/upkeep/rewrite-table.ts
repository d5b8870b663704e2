import { WriterTableError } from '@forge/writer-core'
import { qualifiedName, quoteIdentifier } from '../engine/identifiers.ts'
import { CATALOG } from '../journal/journal-sql.ts'
import type { StoredColumn } from '../table/table-state.ts'
import type { WriteContext } from '../write/commit-write.ts'

/** Replaces the table by the result of `select` over it, in the open transaction. Unlike `alter table`, this leaves no column change in the log. */
export async function rewriteTable(
  { file: { writer }, table, schemaChanged }: WriteContext,
  columns: readonly StoredColumn[],
  select: readonly string[],
  orderBy: readonly string[] = [],
): Promise<void> {
  const name = `${table.ref.name.slice(0, 60)}_rewritten`
  const rewritten = qualifiedName(CATALOG, table.ref.schema, name)
  const ddl = columns.map(
    (column) => `${quoteIdentifier(column.name)} ${column.engineType}${column.nullable ? '' : ' not null'}`,
  )
  await writer.run(`create table ${rewritten} (${ddl.join(', ')})`)
  const order = orderBy.length > 0 ? ` order by ${orderBy.map(quoteIdentifier).join(', ')}` : ''
  const insert = () => writer.run(`insert into ${rewritten} select ${select.join(', ')} from ${table.sqlName}${order}`)
  const rows = await (orderBy.length > 0 ? insert() : writer.unordered(insert))
  if (rows !== table.rowCount)
    throw new WriterTableError('the rewritten table has a different number of rows', { committed: 'no' })
  await writer.run(`drop table ${table.sqlName}`)
  await writer.run(`alter table ${rewritten} rename to ${quoteIdentifier(table.ref.name)}`)
  table.columns = columns
  schemaChanged()
}
