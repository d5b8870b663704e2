import type { ColumnDefinition, ColumnType, Expression, LogBatch, Predicate, Value } from '@forge/writer-core'
import { type ColumnVector, decimalShape, decimalText, isValid, valueAt, vectorOf } from '@forge/writer-core/storage'

/** Returns a condition that is true for every stored row with one of the batch's keys: the key lies between the smallest and the greatest. */
export function keyRange(batch: LogBatch, keys: readonly string[]): Predicate {
  const args = keys.flatMap((key) => {
    const vector = vectorOf(batch, key)
    const column = batch.columns.find(({ name }) => name === key)
    const range = vector && column && leastAndGreatest(batch, vector, column)
    if (!range) return []
    const value: Expression = { kind: 'column', name: key }
    const low: Expression = { kind: 'literal', value: range.least }
    const high: Expression = { kind: 'literal', value: range.greatest }
    return [{ op: 'between', value, low, high } as const]
  })
  return { op: 'and', args }
}

function leastAndGreatest(batch: LogBatch, vector: ColumnVector, { type }: ColumnDefinition) {
  // NaN has a special place in the order, so such keys give no range.
  if (vector.kind === 'double' || vector.kind === 'boolean') return undefined
  if (vector.kind === 'decimal') return decimalRange(batch, vector, type)
  let least: Value = null
  let greatest: Value = null
  for (let index = 0; index < batch.rowCount; index++) {
    const value = valueAt(vector, type, index)
    if (value === null) continue
    if (least === null || isLess(value, least)) least = value
    if (greatest === null || isLess(greatest, value)) greatest = value
  }
  return least === null || greatest === null ? undefined : { least, greatest }
}

function decimalRange(
  { rowCount }: LogBatch,
  { values, validity }: Extract<ColumnVector, { kind: 'decimal' }>,
  type: ColumnType,
) {
  const present = values.filter((_value, row) => row < rowCount && isValid(validity, row))
  present.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const [least, greatest] = [present[0], present.at(-1)]
  if (least === undefined || greatest === undefined) return undefined
  const scale = decimalShape(type)?.scale ?? 0
  const literal = (unscaled: bigint) => ({ decimal: decimalText({ unscaled, scale }) })
  return { least: literal(least), greatest: literal(greatest) }
}

function isLess(a: Value, b: Value): boolean {
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b)) < 0
  return a !== null && b !== null && a < b
}
