import type { ColumnDefinition, ColumnType, LogBatch } from '@forge/writer-core'
import { columnBuilder, isNested } from '@forge/writer-core/storage'
import type { TextRow } from '../connection/connections.ts'
import { quoteIdentifier } from '../sql/identifiers.ts'

/** Returns the SQL of a column in the text form that {@link textBatch} reads. */
export function readSql({ name, type }: ColumnDefinition, isForeign: boolean): string {
  const quoted = quoteIdentifier(name)
  if (isForeign || type === 'json' || isNested(type)) return `${quoted}::text`
  switch (type) {
    case 'timestamp':
      return `(extract(epoch from ${quoted}) * 1000000)::bigint`
    case 'date':
      return `(${quoted} - date '1970-01-01')`
    case 'binary':
      return `encode(${quoted}, 'hex')`
    case 'float':
      return `${quoted}::double precision`
    default:
      return quoted
  }
}

/** Converts rows of text, as the server sends them, to a batch. */
export function textBatch(columns: readonly ColumnDefinition[], rows: readonly TextRow[]): LogBatch {
  const vectors = columns.map((column, at) => {
    // The builder of whole numbers takes microseconds, and that of 32-bit integers takes days.
    const isTime = column.type === 'timestamp' || column.type === 'date'
    const type = column.type === 'timestamp' ? 'int64' : column.type === 'date' ? 'int32' : column.type
    const builder = columnBuilder(isTime ? { ...column, type } : column, { expectedRows: rows.length })
    const read = readerOf(type)
    for (const row of rows) {
      const text = row[at]
      if (text == null) builder.addNull()
      else if (builder.add(read(text)) !== undefined) builder.addNull()
    }
    return builder.finish()
  })
  return { rowCount: rows.length, columns, vectors }
}

function readerOf(type: ColumnType): (text: string) => unknown {
  switch (type) {
    case 'int64':
      return wholeNumber
    case 'int32':
    case 'int16':
    case 'int8':
    case 'double':
    case 'float':
      return Number
    case 'boolean':
      return (text) => text === 't'
    default:
      return (text) => text
  }
}

/** The number of digits that a double holds in any case. */
const SAFE_DIGITS = 15

function wholeNumber(text: string): number | bigint {
  return text.length <= SAFE_DIGITS ? Number(text) : BigInt(text)
}
