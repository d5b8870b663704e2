import { columnBuilder } from '../batch/column-builder.ts'
import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { valueAt } from '../batch/rows.ts'
import { unknownColumns, vectorOf } from '../batch/select.ts'
import { isValid } from '../batch/validity.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import type { ColumnDefinition, ColumnType } from '../log/column-definition.ts'
import type { TableOptions } from '../storage/log-table.ts'

/** From what a column of the type may be filled. */
const COMPATIBLE: Readonly<Record<ColumnType, readonly ColumnType[]>> = {
  string: ['string', 'json', 'timestamp'],
  json: ['json', 'string'],
  int64: ['int64', 'int32'],
  int32: ['int32', 'int64'],
  double: ['double', 'float', 'int64', 'int32'],
  float: ['float', 'double', 'int64', 'int32'],
  boolean: ['boolean'],
  timestamp: ['timestamp'],
  date: ['date'],
}
const WIDER: Readonly<Partial<Record<ColumnType, ColumnType>>> = { int32: 'int64', float: 'double' }
const LARGEST_FLOAT = 3.4028234663852886e38

export interface Fitted {
  /** Of the table from now on. */
  readonly columns: readonly ColumnDefinition[]
  /** In the table's columns. */
  readonly batch: LogBatch
}

/**
 * The batch in the columns of the table, which grow where the options allow it.
 * Throws WriterSchemaError that lists everything that does not fit.
 */
export function fitBatch(batch: LogBatch, stored: readonly ColumnDefinition[], options: TableOptions): Fitted {
  const names = new Set(stored.map(({ name }) => name))
  const extra = batch.columns.filter(({ name }) => !names.has(name))
  if (extra.length > 0 && !options.evolveSchema) {
    throw unknownColumns(
      extra.map(({ name }) => name),
      stored,
    )
  }
  const problems: string[] = []
  const fitted = [...stored, ...extra.map((column) => ({ ...column, nullable: true }))].map((column) =>
    fitColumn(batch, column, options, problems),
  )
  if (problems.length > 0) {
    throw new WriterSchemaError(`values do not fit the table: ${problems.join('; ')}`, {
      context: { problems },
      committed: 'no',
      suggestions: ['Set autoOptimizeSchema to widen columns.'],
    })
  }
  return {
    columns: fitted.map(({ column }) => column),
    batch: {
      rowCount: batch.rowCount,
      columns: fitted.map(({ column }) => column),
      vectors: fitted.map(({ vector }) => vector),
    },
  }
}

interface FittedColumn {
  readonly column: ColumnDefinition
  readonly vector: ColumnVector
}

function fitColumn(
  batch: LogBatch,
  column: ColumnDefinition,
  { widenColumns = false }: TableOptions,
  problems: string[],
): FittedColumn {
  const vector = vectorOf(batch, column.name)
  const given = batch.columns.find(({ name }) => name === column.name)
  if (!column.nullable && hasNull(vector, batch.rowCount)) problems.push(`${column.name} must have a value`)
  if (!vector || !given) return { column, vector: nulls(column, batch.rowCount) }
  if (!COMPATIBLE[column.type].includes(given.type)) {
    problems.push(`${column.name} is ${column.type} there, not ${given.type}`)
    return { column, vector }
  }
  const fits = convert(vector, given.type, column, batch.rowCount)
  if (fits) return { column, vector: fits }
  const wider = WIDER[column.type]
  if (wider && widenColumns) return fitColumn(batch, { ...column, type: wider }, {}, problems)
  problems.push(`${column.name} has values beyond ${column.type}`)
  return { column, vector }
}

function hasNull(vector: ColumnVector | undefined, rowCount: number): boolean {
  if (!vector) return rowCount > 0
  for (let row = 0; row < rowCount; row++) if (!isValid(vector.validity, row)) return true
  return false
}

function nulls(column: ColumnDefinition, rowCount: number): ColumnVector {
  const builder = columnBuilder(column)
  for (let row = 0; row < rowCount; row++) builder.addNull()
  return builder.finish()
}

/** Undefined where a value does not fit. */
function convert(
  vector: ColumnVector,
  from: ColumnType,
  to: ColumnDefinition,
  rowCount: number,
): ColumnVector | undefined {
  if (from === to.type) return vector
  const builder = columnBuilder(to)
  for (let row = 0; row < rowCount; row++) {
    const value = valueAt(vector, from, row)
    const isTooLarge = typeof value === 'bigint' && to.type !== 'int64'
    if (isTooLarge || (to.type === 'float' && isBeyondFloat(value)) || builder.add(value) !== undefined)
      return undefined
  }
  return builder.finish()
}

function isBeyondFloat(value: unknown): boolean {
  if (typeof value !== 'number' || !Number.isFinite(value)) return false
  return Number.isInteger(value)
    ? Math.abs(value) > 2 ** 24 && Math.fround(value) !== value
    : Math.abs(value) > LARGEST_FLOAT
}
