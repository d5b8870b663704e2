import type { ColumnVector, LogBatch } from '../batch/log-batch.ts'
import { columnIndex } from '../batch/select.ts'
import { isValid, validityBuilder } from '../batch/validity.ts'

/** A compiled expression or predicate: bound to a batch, it returns the result for each row. */
export type Bound<Result> = (batch: LogBatch) => (row: number) => Result

/** Caches the result for each word of a dictionary, for expressions that depend on a single column with a small dictionary. */
export function perWord<Result>(bound: Bound<Result>, columnNames: readonly string[]): Bound<Result> {
  const [name, ...others] = columnNames
  if (name === undefined || others.length > 0) return bound
  return (batch) => {
    const position = columnIndex(batch, name)
    const vector = batch.vectors[position]
    if (vector?.kind !== 'dictionary' || vector.dictionary.length >= batch.rowCount) return bound(batch)
    const { values, validity, dictionary } = vector
    const ofWord = bound(wordBatch(batch, position, dictionary))
    const known: Result[] = []
    return (row) => {
      const word = isValid(validity, row) ? (values[row] ?? 0) : dictionary.length
      let result = known[word]
      if (result === undefined) {
        result = ofWord(word)
        known[word] = result
      }
      return result
    }
  }
}

/** Creates a batch with one row per word, and one row with null. */
function wordBatch({ columns }: LogBatch, position: number, words: readonly string[]): LogBatch {
  const nulls = validityBuilder()
  nulls.markNull(words.length)
  const rowCount = words.length + 1
  const vector: ColumnVector = { kind: 'text', values: [...words, ''], validity: nulls.finish(rowCount) }
  return { rowCount, columns: columns.slice(position, position + 1), vectors: [vector] }
}
