import { columnBuilder } from '../batch/column-builder.ts'
import { goesIntoDecimal } from '../batch/exact-values.ts'
import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { valueAt } from '../batch/rows.ts'
import { unknownColumns, vectorOf } from '../batch/select.ts'
import { hasNoNull, isAllNull } from '../batch/validity.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import type { ColumnDefinition } from '../log/column-definition.ts'
import { assertNewColumns } from '../log/column-names.ts'
import { type ColumnType, isDecimal, isNested, type PlainType } from '../log/column-type.ts'
import type { Value } from '../log/row.ts'
import type { TableOptions } from '../storage/log-table.ts'

const WHOLE: readonly ColumnType[] = ['int64', 'int32', 'int16', 'int8']
/** The types that each column type accepts. */
const COMPATIBLE: Readonly<Record<PlainType, readonly ColumnType[]>> = {
  string: ['string', 'json', 'timestamp', 'date'],
  json: ['json', 'string'],
  int64: WHOLE,
  int32: WHOLE,
  int16: WHOLE,
  int8: WHOLE,
  double: ['double', 'float', ...WHOLE],
  float: ['float', 'double', ...WHOLE],
  boolean: ['boolean'],
  timestamp: ['timestamp'],
  date: ['date'],
  binary: ['binary'],
}
const WIDER: Readonly<Partial<Record<ColumnType, ColumnType>>> = {
  int32: 'int64',
  int16: 'int64',
  int8: 'int64',
  float: 'double',
}
/** The largest integer up to which each type holds all integers exactly. */
const EXACT: Readonly<Partial<Record<ColumnType, number>>> = { int32: 2 ** 31 - 1, double: 2 ** 53, float: 2 ** 24 }
const LARGEST_FLOAT = 3.4028234663852886e38

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
  const problems: string[] = []
  const fitted = [...stored, ...extra].map((column) => fitColumn(batch, column, options, problems))
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
export function addColumns(
  stored: readonly ColumnDefinition[],
  added: readonly ColumnDefinition[],
): ColumnDefinition[] {
  assertNewColumns(added, stored)
  return added.map((column) => ({ ...column, nullable: true }))
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
  if (!vector || !given || isAllNull(vector.validity, batch.rowCount))
    return { column, vector: nulls(column, batch.rowCount) }
  if (!accepts(column.type, given.type)) {
    problems.push(`column ${column.name} has type ${column.type}, not ${given.type}`)
    return { column, vector }
  }
  const fits = convert(vector, given.type, column, batch.rowCount)
  if (fits) return { column, vector: fits }
  const wider = widenColumns ? widenColumn(column) : undefined
  const fitsWider = wider && convert(vector, given.type, wider, batch.rowCount)
  if (wider && fitsWider) return { column: wider, vector: fitsWider }
  problems.push(`${column.name} has values out of range for ${column.type}`)
  return { column, vector }
}

/** Returns whether a column accepts a type: decimals accept numbers that they hold, and nested values are JSON. */
function accepts(to: ColumnType, from: ColumnType): boolean {
  if (isDecimal(to)) return goesIntoDecimal(from)
  if (isNested(to)) return from === to
  return COMPATIBLE[to].includes(isNested(from) ? 'json' : from)
}

function widenColumn(column: ColumnDefinition): ColumnDefinition | undefined {
  const type = WIDER[column.type]
  return type && { ...column, type }
}

function hasNull(vector: ColumnVector | undefined, rowCount: number): boolean {
  return vector ? !hasNoNull(vector.validity, rowCount) : rowCount > 0
}

function nulls(column: ColumnDefinition, rowCount: number): ColumnVector {
  const builder = columnBuilder(column)
  for (let row = 0; row < rowCount; row++) builder.addNull()
  return builder.finish()
}

/** Converts the vector to a type; returns undefined if a value does not fit. */
function convert(
  vector: ColumnVector,
  from: ColumnType,
  to: ColumnDefinition,
  rowCount: number,
): ColumnVector | undefined {
  if (from === to.type && from !== 'float') return vector
  const builder = columnBuilder(to, { expectedRows: rowCount })
  const isWhole = WHOLE.includes(from)
  for (let row = 0; row < rowCount; row++) {
    const value = valueAt(vector, from, row)
    if (typeof value !== 'string' && !holds(to.type, value, isWhole)) return undefined
    const stored = to.type === 'float' && typeof value === 'number' ? Math.fround(value) : value
    if (builder.add(stored) !== undefined) return undefined
  }
  return builder.finish()
}

/** Returns whether the type holds a number: integers must be exact; other numbers may lose digits, but must stay finite. */
function holds(type: ColumnType, value: Exclude<Value, string>, isWhole: boolean): boolean {
  if (typeof value !== 'number' && typeof value !== 'bigint') return true
  const most = EXACT[type]
  if (isWhole && most !== undefined) return value <= most && value >= (type === 'int32' ? -most - 1 : -most)
  return type !== 'float' || !Number.isFinite(Number(value)) || Math.abs(Number(value)) <= LARGEST_FLOAT
}
