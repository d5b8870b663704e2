import { randomUUID } from 'node:crypto'
import { type SchemaChange, WriterTableError } from '@forge/writer-core'
import { assertMethodOptions, assertNewColumns, assertWidening, unknownColumns } from '@forge/writer-core/storage'
import { sqlTypeOf } from '../engine/column-types.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import { storedColumn } from '../table/table-state.ts'
import type { TableWrite, WriteContext } from '../write/commit-write.ts'
import { alterType } from '../write/fit-columns.ts'

/** Adds and widens columns in one commit. Throws WriterSchemaError if a column already exists or would lose values. */
export function evolveTable(change: SchemaChange): Omit<TableWrite, 'ref'> {
  assertMethodOptions('evolve', change)
  return {
    operation: 'evolve',
    commit: { batchId: randomUUID() },
    async change(context) {
      if (!context.table.exists)
        throw new WriterTableError('the table does not exist, so it cannot evolve', { committed: 'no' })
      await add(change, context)
      await widen(change, context)
      return { rowsInserted: 0 }
    },
  }
}

async function add({ add = [] }: SchemaChange, { file, table, schemaChanged }: WriteContext): Promise<void> {
  assertNewColumns(add, table.columns)
  for (const { name, type } of add) {
    await file.writer.run(`alter table ${table.sqlName} add column ${quoteIdentifier(name)} ${sqlTypeOf(type)}`)
    table.columns = [...table.columns, storedColumn(name, sqlTypeOf(type), true)]
    schemaChanged()
  }
}

async function widen({ widen = [] }: SchemaChange, context: WriteContext): Promise<void> {
  for (const { column, to } of widen) {
    const stored = context.table.columns.find(({ name }) => name === column)
    if (!stored) throw unknownColumns([column], context.table.columns)
    if (stored.type === to) continue
    assertWidening(stored, to)
    await alterType(context, column, to)
  }
}
