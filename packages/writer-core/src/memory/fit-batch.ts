import { columnBuilder } from '../batch/column-builder.ts'
import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { valueAt } from '../batch/rows.ts'
import { unknownColumns, vectorOf } from '../batch/select.ts'
import { hasNoNull, isAllNull } from '../batch/validity.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { assertNewColumns } from '../column/column-names.ts'
import type { ColumnType } from '../column/column-type.ts'
import type { TableOptions } from '../storage/log-table.ts'
import type { SchemaChange } from '../storage/upkeep.ts'
import { assertNoMisfits, assertWidening, type Misfit, misfitOf } from '../storage/widening.ts'

export interface Fitted {
  /** The columns of the table after the write. */
  readonly columns: readonly ColumnDefinition[]
  /** The batch in the table's columns. */
  readonly batch: LogBatch
}

/**
 * Converts a batch to the columns of the table, which may grow if the options allow it.
 * Throws WriterSchemaError that lists everything that does not fit.
 */
export function fitBatch(batch: LogBatch, stored: readonly ColumnDefinition[], options: TableOptions): Fitted {
  const extra = newColumns(batch, stored, options)
  const fitted = [...stored, ...extra].map((column) => fitColumn(batch, column, options))
  assertNoMisfits(fitted.flatMap(({ misfit }) => misfit ?? []))
  return {
    columns: fitted.map(({ column }) => column),
    batch: {
      rowCount: batch.rowCount,
      columns: fitted.map(({ column }) => column),
      vectors: fitted.map(({ vector }) => vector),
    },
  }
}

/** Returns the columns after a change of the schema. Throws WriterSchemaError if a column already exists, does not exist, or would lose values. */
export function evolveColumns(
  columns: readonly ColumnDefinition[],
  { add = [], widen = [] }: SchemaChange,
): ColumnDefinition[] {
  const added = addColumns(columns, add)
  const missing = widen.map(({ column }) => column).filter((name) => !columns.some((column) => column.name === name))
  if (missing.length > 0) throw unknownColumns(missing, columns)
  const types = new Map(widen.map(({ column, to }) => [column, to]))
  const kept = columns.map((column) => {
    const to = types.get(column.name) ?? column.type
    assertWidening(column, to)
    return { ...column, type: to }
  })
  return [...kept, ...added]
}

/** Returns the columns of the batch that the table lacks. */
function newColumns(
  batch: LogBatch,
  stored: readonly ColumnDefinition[],
  { evolveSchema = false }: TableOptions,
): ColumnDefinition[] {
  const names = new Set(stored.map(({ name }) => name))
  const extra = batch.columns.filter(({ name }) => !names.has(name))
  if (extra.length === 0) return extra
  if (!evolveSchema) {
    throw unknownColumns(
      extra.map(({ name }) => name),
      stored,
    )
  }
  return addColumns(stored, extra)
}

/** Returns the columns as they are added to the stored ones. Throws the errors of {@link assertNewColumns}. */
function addColumns(stored: readonly ColumnDefinition[], added: readonly ColumnDefinition[]): ColumnDefinition[] {
  assertNewColumns(added, stored)
  return added.map((column) => ({ ...column, nullable: true }))
}

interface FittedColumn {
  readonly column: ColumnDefinition
  readonly vector: ColumnVector
  readonly misfit?: Misfit | undefined
}

function fitColumn(batch: LogBatch, column: ColumnDefinition, { widenColumns = false }: TableOptions): FittedColumn {
  const { name } = column
  const vector = vectorOf(batch, name)
  const given = batch.columns.find((each) => each.name === name)
  const empty = () => ({ column, vector: nulls(column, batch.rowCount) })
  if (!column.nullable && hasNull(vector, batch.rowCount))
    return { ...empty(), misfit: { column: name, problem: 'must have a value' } }
  if (!vector || !given || isAllNull(vector.validity, batch.rowCount)) return empty()
  const misfit = misfitOf(column, vector, given.type)
  if (misfit && !(widenColumns && misfit.to)) return { ...empty(), misfit }
  const fitting = { ...column, type: misfit?.to ?? column.type }
  const converted = convert(vector, given.type, fitting, batch.rowCount)
  if (converted) return { column: fitting, vector: converted }
  return { ...empty(), misfit: { column: name, problem: `has values that are not ${column.type}` } }
}

function hasNull(vector: ColumnVector | undefined, rowCount: number): boolean {
  return vector ? !hasNoNull(vector.validity, rowCount) : rowCount > 0
}

function nulls(column: ColumnDefinition, rowCount: number): ColumnVector {
  const builder = columnBuilder(column)
  for (let row = 0; row < rowCount; row++) builder.addNull()
  return builder.finish()
}

/** Converts the vector to a type that holds its numbers; returns undefined if text is not valid for the type. */
function convert(
  vector: ColumnVector,
  from: ColumnType,
  to: ColumnDefinition,
  rowCount: number,
): ColumnVector | undefined {
  if (from === to.type && from !== 'float') return vector
  const builder = columnBuilder(to, { expectedRows: rowCount })
  for (let row = 0; row < rowCount; row++) {
    const value = valueAt(vector, from, row)
    const stored = to.type === 'float' && typeof value === 'number' ? Math.fround(value) : value
    if (builder.add(stored) !== undefined) return undefined
  }
  return builder.finish()
}
