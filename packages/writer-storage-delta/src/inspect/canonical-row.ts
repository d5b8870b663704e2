import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { DeltaType, StructField } from '../schema/delta-type.ts'

/**
 * The JSON text of a row in the canonical form in which tables of different engines are compared: fields in the order of the schema, longs and decimals
 * as text, times with six digits, binary as lowercase hex, maps as sorted pairs.
 */
export function canonicalRow(fields: readonly StructField[], values: readonly DuckDBValue[]): string {
  // Put together by hand: an object would move fields with names like `1` to its front.
  const entries = fields.map(({ name, type }, at) => `${JSON.stringify(name)}:${canonicalValue(values[at], type)}`)
  return `{${entries.join(',')}}`
}

function canonicalValue(value: DuckDBValue | undefined, type: DeltaType): string {
  if (value === null || value === undefined) return 'null'
  switch (type.kind) {
    case 'decimal':
      return quoted(value instanceof DuckDBDecimalValue ? decimalText(value.value, value.scale) : String(value))
    case 'array':
      if (!(value instanceof DuckDBListValue)) return 'null'
      return `[${value.items.map((item) => canonicalValue(item, type.element)).join(',')}]`
    case 'map': {
      const pairs = entriesOf(value).map(({ key, value: mapped }) => [
        canonicalValue(key, type.key),
        canonicalValue(mapped, type.value),
      ])
      return `[${pairs
        .sort(([a = ''], [b = '']) => compareText(a, b))
        .map((pair) => `[${pair.join(',')}]`)
        .join(',')}]`
    }
    case 'struct': {
      if (!(value instanceof DuckDBStructValue)) return 'null'
      return canonicalRow(
        type.fields,
        type.fields.map((field) => value.entries[field.name] ?? null),
      )
    }
    case 'unknown':
      return 'null'
    case 'primitive':
      return canonicalPrimitive(value, type.name === 'string')
  }
}

/** A map, or a list of its entries. */
function entriesOf(value: DuckDBValue): readonly { readonly key: DuckDBValue; readonly value: DuckDBValue }[] {
  if (value instanceof DuckDBMapValue) return value.entries
  if (!(value instanceof DuckDBListValue)) return []
  return value.items.flatMap((item) => {
    if (!(item instanceof DuckDBStructValue)) return []
    const { key = null, value: mapped = null } = item.entries
    return [{ key, value: mapped }]
  })
}

function canonicalPrimitive(value: DuckDBValue, isText: boolean): string {
  if (typeof value === 'bigint') return quoted(String(value))
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value + 0) : quoted(String(value))
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (value instanceof DuckDBTimestampTZValue) return quoted(`${timestampText(value.micros)}Z`)
  if (value instanceof DuckDBTimestampValue) return quoted(timestampText(value.micros))
  if (value instanceof DuckDBDateValue) return quoted(dateText(value.days))
  if (value instanceof DuckDBBlobValue) return quoted(Buffer.from(value.bytes).toString(isText ? 'utf8' : 'hex'))
  return 'null'
}

function quoted(text: string): string {
  return JSON.stringify(text)
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const sign = unscaled < 0n ? '-' : ''
  return scale === 0 ? `${sign}${digits}` : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

function timestampText(micros: bigint): string {
  const day = 86_400_000_000n
  const days = micros >= 0n ? micros / day : -((-micros + day - 1n) / day)
  const rest = micros - days * day
  const seconds = Number(rest / 1_000_000n)
  const part = (count: number) => String(count).padStart(2, '0')
  const clock = `${part(Math.floor(seconds / 3600))}:${part(Math.floor(seconds / 60) % 60)}:${part(seconds % 60)}`
  return `${dateText(Number(days))}T${clock}.${String(rest % 1_000_000n).padStart(6, '0')}`
}

/** Days of 400 years, after which the calendar repeats. */
const CYCLE_DAYS = 146_097

/** `YYYY-MM-DD`, `+YYYYYY-MM-DD` beyond year 9999. The engine has years that Date lacks: these are moved by whole cycles. */
function dateText(days: number): string {
  const cycles = Math.floor(days / CYCLE_DAYS)
  const date = new Date((days - cycles * CYCLE_DAYS) * 86_400_000)
  const year = date.getUTCFullYear() + cycles * 400
  const digits = String(Math.abs(year)).padStart(year < 0 || year > 9999 ? 6 : 4, '0')
  const sign = year < 0 ? '-' : year > 9999 ? '+' : ''
  return `${sign}${digits}${date.toISOString().slice(4, 10)}`
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
