import type { ColumnDefinition, LogBatch } from '@forge/writer-core'
import { type ColumnVector, isValid, valueAt } from '@forge/writer-core/storage'
import { instantTexts } from './instant-text.ts'

/** The text of value `index` of a column; null if it is null. */
export type CellTexts = (index: number) => string | null

/** The way in which a format writes what is not a plain number or boolean. */
export interface TextStyle {
  quote(text: string): string
  /** Text of digits, letters and `-:.` alone: times, dates, decimals and bytes. */
  plain(text: string): string
  /** Returns the text of NaN or an infinity. */
  notFinite(name: string): string
}

/** The texts of each column of a batch. */
export function cellTexts(batch: LogBatch, style: TextStyle): CellTexts[] {
  return batch.columns.map((column, at) => {
    const vector = batch.vectors[at]
    return vector ? textsOf(column, vector, style) : () => null
  })
}

function textsOf(column: ColumnDefinition, vector: ColumnVector, style: TextStyle): CellTexts {
  const text = plainTexts(column, vector, style)
  return (index) => (isValid(vector.validity, index) ? text(index) : null)
}

function plainTexts(
  { type }: ColumnDefinition,
  vector: ColumnVector,
  { quote, plain, notFinite }: TextStyle,
): CellTexts {
  switch (vector.kind) {
    case 'dictionary': {
      const quoted = vector.dictionary.map(quote)
      return (index) => quoted[vector.values[index] ?? 0] ?? ''
    }
    case 'text':
      return (index) => quote(vector.values[index] ?? '')
    case 'decimal':
    case 'binary':
      return (index) => plain(String(valueAt(vector, type, index)))
    case 'boolean':
      return (index) => (vector.values[index] === 1 ? 'true' : 'false')
    case 'double':
      return (index) => {
        const value = vector.values[index] ?? 0
        if (Number.isFinite(value)) return Object.is(value, -0) ? '-0.0' : String(value)
        return notFinite(String(value))
      }
    case 'int64':
      if (type === 'timestamp') {
        const text = instantTexts()
        return (index) => plain(text(vector.values[index] ?? 0n))
      }
      return (index) => String(vector.values[index] ?? 0n)
    case 'int32':
      if (type === 'date') return (index) => plain(String(valueAt(vector, type, index)))
      return (index) => String(vector.values[index] ?? 0)
  }
}
