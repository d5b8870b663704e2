import type { ColumnDefinition } from '../column/column-definition.ts'
import type { Row, Value } from '../column/column-type.ts'
import { type ColumnType, decimalShape } from '../column/column-type.ts'
import { decimalText } from '../column/decimal.ts'
import { WriterValidationError } from '../errors/kinds.ts'
import { isoFromDays, isoFromMicros } from '../time/instant.ts'
import { columnBuilder } from './column-builder.ts'
import type { ColumnVector, LogBatch } from './log-batch.ts'
import { isValid } from './validity.ts'

const MAX_PROBLEMS = 20

/**
 * Creates a batch from rows. Its columns have the order of `columns`; other fields of a row are ignored. Takes values as they are read, Dates for
 * timestamps and objects for json. Throws WriterValidationError, with up to 20 problems, for values of another type and for nulls in columns that are
 * not nullable.
 */
export function batchFromRows(
  columns: readonly ColumnDefinition[],
  rows: Iterable<Readonly<Record<string, unknown>>>,
): LogBatch {
  const builders = columns.map((column) => columnBuilder(column))
  const problems: { row: number; field: string; expected: string }[] = []
  let rowCount = 0
  for (const row of rows) {
    for (const [at, column] of columns.entries()) {
      const builder = builders[at]
      const value = row[column.name]
      const problem = !column.nullable && (value ?? null) === null ? 'a value' : builder?.add(value)
      if (problem === undefined) continue
      builder?.addNull()
      if (problems.length < MAX_PROBLEMS) problems.push({ row: rowCount, field: column.name, expected: problem })
    }
    rowCount++
  }
  const [first] = problems
  if (first) {
    throw new WriterValidationError(`row ${first.row}: ${first.field} must be ${first.expected}`, {
      context: { problems },
    })
  }
  return { rowCount, columns, vectors: builders.map((builder) => builder.finish()) }
}

/** Returns the value at `index` as it is read: see {@link Value}. */
export function valueAt(vector: ColumnVector, type: ColumnType, index: number): Value {
  if (!isValid(vector.validity, index)) return null
  switch (vector.kind) {
    case 'dictionary':
      return vector.dictionary[vector.values[index] ?? 0] ?? ''
    case 'text':
      return vector.values[index] ?? ''
    case 'double':
      // Adding 0 removes the sign of zeros, which files of other writers may contain.
      return (vector.values[index] ?? 0) + 0
    case 'boolean':
      return vector.values[index] === 1
    case 'decimal':
      return decimalText({ unscaled: vector.values[index] ?? 0n, scale: decimalShape(type)?.scale ?? 0 })
    case 'binary':
      return hexText(vector.values[index])
    case 'int32':
      return type === 'date' ? isoFromDays(vector.values[index] ?? 0) : (vector.values[index] ?? 0)
    case 'int64': {
      const value = vector.values[index] ?? 0n
      return type === 'timestamp' ? isoFromMicros(value) : safeInteger(value)
    }
  }
}

/** Returns bytes as lower-case hexadecimal text. */
export function hexText(bytes: Uint8Array = new Uint8Array(0)): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

/** Returns a number if a double holds the value exactly, otherwise the bigint. */
export function safeInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

export function batchRow(batch: LogBatch, index: number): Row {
  // Column names come from tables of other writers, so that `__proto__` is a possible name.
  return Object.fromEntries(
    batch.columns.map((column, at) => {
      const vector = batch.vectors[at]
      return [column.name, vector ? valueAt(vector, column.type, index) : null]
    }),
  )
}

export function* batchRows(batch: LogBatch): Generator<Row> {
  for (let index = 0; index < batch.rowCount; index++) yield batchRow(batch, index)
}
