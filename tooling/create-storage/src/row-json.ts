import type { ColumnDefinition, LogBatch, Value } from '@forge/writer-core'
import { batchRow } from '@forge/writer-core/storage'

/** Converts a row to JSON without loss: a value that JSON cannot represent becomes an object with the value as text. */
export function rowToJson(batch: LogBatch, index: number, columns: readonly ColumnDefinition[]): unknown[] {
  const row = batchRow(batch, index)
  return columns.map(({ name }) => valueToJson(row[name] ?? null))
}

/** Converts JSON of {@link rowToJson} back to a row; columns that were added later are null. */
export function rowFromJson(values: readonly unknown[], columns: readonly ColumnDefinition[]): Record<string, unknown> {
  return Object.fromEntries(columns.map(({ name }, at) => [name, valueFromJson(values[at] ?? null)]))
}

function valueToJson(value: Value): unknown {
  if (typeof value === 'bigint') return { int64: String(value) }
  if (typeof value !== 'number' || (Number.isFinite(value) && !Object.is(value, -0))) return value
  return { double: Object.is(value, -0) ? '-0' : String(value) }
}

function valueFromJson(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  return 'int64' in value ? BigInt(String(value.int64)) : Number((value as { double: string }).double)
}
