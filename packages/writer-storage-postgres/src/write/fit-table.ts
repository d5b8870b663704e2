import type { ColumnDefinition, LogBatch, TableOptions } from '@forge/writer-core'
import { assertNewColumns, fitBatch } from '@forge/writer-core/storage'
import type { Session } from '../connection/connections.ts'
import { columnDdl, sqlTypeOf, typeComment } from '../sql/column-types.ts'
import { assertColumnNames, quoteIdentifier } from '../sql/identifiers.ts'
import { addMonths, partitionClause, partitionTableSql } from '../table/month-partitions.ts'
import type { TableShape } from '../table/table-state.ts'

/** A batch with the columns of its table, and the columns that the table needs. */
export interface FittedTable {
  /** The batch without the columns that it lacks. */
  readonly batch: LogBatch
  readonly state: TableShape
  /** Statements that create or change the table; empty if it needs no change. */
  readonly changes: readonly string[]
}

/** Fits a batch into a table. Throws WriterSchemaError that lists everything that does not fit. */
export function fitTable(batch: LogBatch, state: TableShape, options: TableOptions): FittedTable {
  if (!state.exists) assertNewColumns(state.columns, [])
  const { columns, batch: fitted } = fitBatch(batch, state.columns, options)
  const columnChanges = state.exists ? alterations(state, columns) : creation(state, columns)
  const given = new Set(batch.columns.map(({ name }) => name))
  const { changes: monthChanges, partitions } = state.partitions
    ? addMonths(state, state.partitions, fitted)
    : { changes: [], partitions: undefined }
  const kept = fitted.columns.flatMap(({ name }, at) => (given.has(name) ? [at] : []))
  return {
    batch: {
      rowCount: fitted.rowCount,
      columns: kept.flatMap((at) => fitted.columns[at] ?? []),
      vectors: kept.flatMap((at) => fitted.vectors[at] ?? []),
    },
    state: { ...state, exists: true, columns, partitions },
    changes: [...columnChanges, ...monthChanges],
  }
}

function creation(state: TableShape, columns: readonly ColumnDefinition[]): string[] {
  const { ref, sqlName, partitions } = state
  const column = partitions?.column
  assertColumnNames(columns.map(({ name }) => name))
  return [
    `create schema if not exists ${quoteIdentifier(ref.schema)}`,
    `create table ${sqlName} (${columns.map(columnDdl).join(', ')})${partitionClause(column)}`,
    ...columns.flatMap((each) => commentSql(sqlName, each)),
    ...(column === undefined ? [] : partitionTableSql(state, column)),
  ]
}

/** Returns the statements that change a table to these columns. */
export function alterations(state: TableShape, columns: readonly ColumnDefinition[]): string[] {
  const { sqlName } = state
  const before = new Map(state.columns.map((column) => [column.name, column]))
  const added = columns.filter(({ name }) => !before.has(name))
  assertColumnNames(added.map(({ name }) => name))
  return columns.flatMap((column) => {
    const old = before.get(column.name)
    if (!old) return [`alter table ${sqlName} add column ${columnDdl(column)}`, ...commentSql(sqlName, column)]
    if (old.type === column.type) return []
    const name = quoteIdentifier(column.name)
    const collation = column.type === 'string' ? ' collate "C"' : ''
    const type = `${sqlTypeOf(column.type)}${collation}`
    return [
      `alter table ${sqlName} alter column ${name} type ${type} using ${name}::${sqlTypeOf(column.type)}`,
      `comment on column ${sqlName}.${name} is null`,
      ...commentSql(sqlName, column),
    ]
  })
}

function commentSql(sqlName: string, { name, type }: ColumnDefinition): string[] {
  const comment = typeComment(type)
  if (comment === undefined) return []
  return [`comment on column ${sqlName}.${quoteIdentifier(name)} is '${comment.replaceAll("'", "''")}'`]
}

/** Runs the statements that create or change a table. */
export async function changeTable(session: Session, changes: readonly string[]): Promise<void> {
  for (const change of changes) await session.run(change)
}
