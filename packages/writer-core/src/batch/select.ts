import type { ColumnDefinition } from '../column/column-definition.ts'
import { findColumn } from '../column/column-names.ts'
import { WriterSchemaError } from '../errors/kinds.ts'
import { columnBuilder } from './column-builder.ts'
import type { ColumnVector, LogBatch, Validity } from './log-batch.ts'
import { valueAt } from './rows.ts'
import { isValid, validityBuilder } from './validity.ts'

/** Returns the position of the column, or -1. */
export function columnIndex(batch: LogBatch, name: string): number {
  return batch.columns.findIndex((column) => column.name === name)
}

export function vectorOf(batch: LogBatch, name: string): ColumnVector | undefined {
  return batch.vectors[columnIndex(batch, name)]
}

/** Creates a batch with these columns and without rows. */
export function emptyBatch(columns: readonly ColumnDefinition[]): LogBatch {
  return { rowCount: 0, columns, vectors: columns.map((column) => columnBuilder(column).finish()) }
}

/** Returns the batch with the named columns, in that order. Throws WriterSchemaError that names every missing column. */
export function selectColumns(batch: LogBatch, names: readonly string[]): LogBatch {
  const positions = names.map((name) => columnIndex(batch, name))
  const missing = names.filter((_name, at) => positions[at] === -1)
  if (missing.length > 0) throw unknownColumns(missing, batch.columns)
  return {
    rowCount: batch.rowCount,
    columns: positions.flatMap((at) => batch.columns[at] ?? []),
    vectors: positions.flatMap((at) => batch.vectors[at] ?? []),
  }
}

/** Creates the error for column names that the table does not have. */
export function unknownColumns(missing: readonly string[], columns: readonly ColumnDefinition[]): WriterSchemaError {
  const names = columns.map((column) => column.name)
  return new WriterSchemaError(`columns not found: ${missing.join(', ')} (table has: ${names.join(', ')})`, {
    context: { missing, columns: names },
    committed: 'no',
  })
}

/** Returns the rows at `indices`, in that order; an index may occur more than once. */
export function takeRows(batch: LogBatch, indices: ArrayLike<number>): LogBatch {
  return {
    rowCount: indices.length,
    columns: batch.columns,
    vectors: batch.vectors.map((vector) => takeValues(vector, indices)),
  }
}

/** Copies a batch into memory of its own. */
export function copyBatch(batch: LogBatch): LogBatch {
  return { ...batch, vectors: batch.vectors.map(copyValues) }
}

function copyValues(vector: ColumnVector): ColumnVector {
  const validity = vector.validity?.slice() ?? null
  switch (vector.kind) {
    case 'int64':
      return { ...vector, values: vector.values.slice(), validity }
    case 'int32':
      return { ...vector, values: vector.values.slice(), validity }
    case 'double':
      return { ...vector, values: vector.values.slice(), validity }
    case 'boolean':
      return { ...vector, values: vector.values.slice(), validity }
    case 'decimal':
      return { ...vector, values: [...vector.values], validity }
    case 'binary':
      return { ...vector, values: vector.values.map((bytes) => bytes.slice()), validity }
    case 'text':
      return { ...vector, values: [...vector.values], validity }
    case 'dictionary':
      return { ...vector, values: vector.values.slice(), dictionary: [...vector.dictionary], validity }
  }
}

function takeValues(vector: ColumnVector, indices: ArrayLike<number>): ColumnVector {
  const validity = takeValidity(vector.validity, indices)
  switch (vector.kind) {
    case 'int64':
      return { kind: 'int64', values: BigInt64Array.from(indices, (index) => vector.values[index] ?? 0n), validity }
    case 'int32':
      return { kind: 'int32', values: Int32Array.from(indices, (index) => vector.values[index] ?? 0), validity }
    case 'double':
      return { kind: 'double', values: Float64Array.from(indices, (index) => vector.values[index] ?? 0), validity }
    case 'boolean':
      return { kind: 'boolean', values: Uint8Array.from(indices, (index) => vector.values[index] ?? 0), validity }
    case 'decimal':
      return { kind: 'decimal', values: Array.from(indices, (index) => vector.values[index] ?? 0n), validity }
    case 'binary':
      return { kind: 'binary', values: Array.from(indices, (index) => vector.values[index] ?? NO_BYTES), validity }
    case 'text':
      return { kind: 'text', values: Array.from(indices, (index) => vector.values[index] ?? ''), validity }
    case 'dictionary':
      return { ...vector, values: Uint32Array.from(indices, (index) => vector.values[index] ?? 0), validity }
  }
}

const NO_BYTES = new Uint8Array(0)

function takeValidity(validity: Validity, indices: ArrayLike<number>): Validity {
  if (validity === null) return null
  const builder = validityBuilder()
  for (let at = 0; at < indices.length; at++) {
    if (!isValid(validity, indices[at] ?? 0)) builder.markNull(at)
  }
  return builder.finish(indices.length)
}

/** Concatenates batches in order. The result has the columns of the first batch; columns that a later batch lacks are null. */
export function concatBatches(batches: readonly LogBatch[]): LogBatch {
  const [first] = batches
  if (first === undefined || batches.length === 1) return first ?? emptyBatch([])
  const vectors = first.columns.map((column) => {
    const builder = columnBuilder(column)
    for (const batch of batches) addAll(builder, batch, column)
    return builder.finish()
  })
  return { rowCount: batches.reduce((sum, batch) => sum + batch.rowCount, 0), columns: first.columns, vectors }
}

function addAll(builder: ReturnType<typeof columnBuilder>, batch: LogBatch, column: ColumnDefinition): void {
  const vector = vectorOf(batch, column.name)
  for (let index = 0; index < batch.rowCount; index++) {
    builder.add(vector === undefined ? null : valueAt(vector, column.type, index))
  }
}

/** Throws WriterSchemaError that names every unknown column. */
export function assertColumns(names: readonly string[], columns: readonly ColumnDefinition[]): void {
  const missing = names.filter((name) => !findColumn(name, columns))
  if (missing.length > 0) throw unknownColumns(missing, columns)
}
