import { randomUUID } from 'node:crypto'
import {
  type ColumnDefinition,
  LOG_COLUMNS,
  type SchemaChange,
  WriterSchemaError,
  WriterTableError,
} from '@forge/writer-core'
import { sqlTypeOf } from '../engine/column-types.ts'
import { quoteIdentifier } from '../engine/identifiers.ts'
import { exceedsTimestamp, type StoredColumn, storedColumn } from '../table/table-state.ts'
import type { TableWrite, WriteContext } from '../write/commit-write.ts'
import { rewriteTable } from './rewrite-table.ts'

/** Returns a write that migrates a table to the current columns and types in one commit. `changed()` returns the changes afterwards. */
export function migrateTable(): Omit<TableWrite, 'ref'> & { changed(): SchemaChange } {
  let change: SchemaChange = {}
  return {
    operation: 'migrate',
    commit: { batchId: randomUUID() },
    changed: () => change,
    async change(context) {
      if (!context.table.exists)
        throw new WriterTableError('the table does not exist, so it cannot be migrated', { committed: 'no' })
      change = await migrate(context)
      return { rowsInserted: 0 }
    },
  }
}

async function migrate(context: WriteContext): Promise<SchemaChange> {
  const { table } = context
  const wanted = new Map<string, ColumnDefinition>(LOG_COLUMNS.map((column) => [column.name, column]))
  const names = new Set(table.columns.map(({ name }) => name))
  const add = LOG_COLUMNS.filter(({ name }) => !names.has(name)).map((column) => ({ ...column, nullable: true }))
  const retyped = table.columns.flatMap((column) => {
    const target = wanted.get(column.name)
    return target && sqlTypeOf(target.type) !== column.engineType ? [{ column, to: target.type }] : []
  })
  if (add.length === 0 && retyped.length === 0) return {}
  const types = new Map(retyped.map(({ column, to }) => [column.name, to]))
  await refuseLoss(retyped, context)
  const columns = [
    ...table.columns.map((column) => {
      const to = types.get(column.name)
      return to ? storedColumn(column.name, sqlTypeOf(to), column.nullable) : column
    }),
    ...add.map(({ name, type }) => storedColumn(name, sqlTypeOf(type), true)),
  ]
  const select = [
    ...table.columns.map((column) => convert(column, types.get(column.name))),
    ...add.map(({ type }) => `cast(null as ${sqlTypeOf(type)})`),
  ]
  await rewriteTable(context, columns, select)
  return { add, widen: retyped.map(({ column, to }) => ({ column: column.name, to })) }
}

function convert(column: StoredColumn, to: ColumnDefinition['type'] | undefined): string {
  const quoted = quoteIdentifier(column.name)
  if (!to) return quoted
  // The shortest decimal text of a float is the value that was meant: 12.34, not 12.34000015258789.
  if (column.engineType === 'FLOAT' && to === 'double') return `cast(cast(${quoted} as varchar) as double)`
  return `try_cast(${quoted} as ${sqlTypeOf(to)})`
}

function losesValue(column: StoredColumn, to: ColumnDefinition['type']): string {
  const quoted = quoteIdentifier(column.name)
  const isLost = `${quoted} is not null and ${convert(column, to)} is null`
  return column.engineType === 'TIMESTAMP_NS' ? `${isLost} or ${exceedsTimestamp(quoted)}` : isLost
}

async function refuseLoss(
  retyped: readonly { readonly column: StoredColumn; readonly to: ColumnDefinition['type'] }[],
  { file: { writer }, table }: WriteContext,
): Promise<void> {
  const problems: { readonly column: string; readonly problem: string }[] = []
  for (const { column, to } of retyped) {
    const [lost] = await writer.rows(`select count(*) as rows from ${table.sqlName} where ${losesValue(column, to)}`)
    if (Number(lost?.rows ?? 0) > 0)
      problems.push({ column: column.name, problem: `has ${lost?.rows} values that do not fit ${to}` })
  }
  if (problems.length === 0) return
  throw new WriterSchemaError(
    `the table cannot be migrated: ${problems.map(({ column, problem }) => `${column} ${problem}`).join('; ')}`,
    {
      context: { problems },
      committed: 'no',
    },
  )
}
