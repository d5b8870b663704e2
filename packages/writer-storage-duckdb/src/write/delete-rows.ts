import type { Predicate } from '@forge/writer-core'
import { compilePredicate } from '../engine/compile-predicate.ts'
import { logicalColumns, tableRelation } from '../table/table-state.ts'
import type { WriteContext } from './commit-write.ts'

/** Deletes the rows that match `where`, or all rows without it. Resolves with their number. */
export async function deleteRows(where: Predicate | undefined, { file, table }: WriteContext): Promise<number> {
  if (!table.exists) return 0
  if (where === undefined || where.op === 'true') return file.writer.run(`delete from ${table.sqlName}`)
  const relation = tableRelation(table)
  const { sql, params } = compilePredicate(where, logicalColumns(table.columns))
  if (relation.sql === table.sqlName) return file.writer.run(`delete from ${table.sqlName} where ${sql}`, params)
  // Columns of types that batches cannot hold are compared in the types in which they are read.
  const selected = relation.sql.replace('(select ', '(select rowid, ')
  return file.writer.run(
    `delete from ${table.sqlName} where rowid in (select rowid from ${selected} where ${sql})`,
    params,
  )
}
