import type { LogBatch, TableOptions } from '@forge/writer-core'
import { quoteIdentifier } from '../engine/identifiers.ts'
import type { WriteContext } from './commit-write.ts'
import { type ColumnFit, fitColumns } from './fit-columns.ts'

/** Most rows in one statement, in whole chunks: dictionaries stay small, and all statements share a transaction. */
const STATEMENT_ROWS = 122 * 2048

/** Inserts the whole batch into the table; resolves with the rows. */
export async function insertBatch(batch: LogBatch, options: TableOptions, context: WriteContext): Promise<number> {
  const fit = await fitColumns(batch, options, context)
  for (let start = 0; start < batch.rowCount; start += STATEMENT_ROWS) {
    const end = Math.min(batch.rowCount, start + STATEMENT_ROWS)
    await context.file.writer.withBatch(
      batch,
      (relation) => context.file.writer.run(insertSql(fit, context, relation.sql)),
      { start, end },
    )
  }
  return batch.rowCount
}

/** `from`: a relation with the batch's columns. */
export function insertSql({ targets }: ColumnFit, { table }: Pick<WriteContext, 'table'>, from: string): string {
  const names = targets.map(({ name }) => quoteIdentifier(name)).join(', ')
  return `insert into ${table.sqlName} (${names}) select ${targets.map(({ select }) => select).join(', ')} from ${from}`
}
