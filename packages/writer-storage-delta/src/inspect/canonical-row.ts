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
 * Returns the JSON text of a row in a canonical form, so that tables of different engines can be compared: fields in the order of the schema, longs
 * and decimals as text, times with six digits, binary as lowercase hex, maps as sorted pairs.
 */
export function canonicalRow(fields: readonly StructField[], values: readonly DuckDBValue[]): string {
  // The text is built by hand because an object would move fields with names like `1` to its front.
  const entries = fields.map(({ name, type }, at) => `${JSON.stringify(name)}:${canonicalValue(values[at], type)}`)
  return `{${entries.join(',')}}`
}

function canonicalValue(value: DuckDBValue | undefined, type: DeltaType): string {
  if (value === null || value === undefined) return 'null'
  switch (type.kind) {
    case 'decimal':
      return quote(value instanceof DuckDBDecimalValue ? decimalText(value.value, value.scale) : String(value))
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

/** Returns a map, or a list of its entries, as sorted pairs. */
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
  if (typeof value === 'bigint') return quote(String(value))
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value + 0) : quote(String(value))
  if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value)
  if (value instanceof DuckDBTimestampTZValue) return quote(`${timestampText(value.micros)}Z`)
  if (value instanceof DuckDBTimestampValue) return quote(timestampText(value.micros))
  if (value instanceof DuckDBDateValue) return quote(dateText(value.days))
  if (value instanceof DuckDBBlobValue) return quote(Buffer.from(value.bytes).toString(isText ? 'utf8' : 'hex'))
  return 'null'
}

function quote(text: string): string {
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

/** The number of days in 400 years, after which the calendar repeats. */
const CYCLE_DAYS = 146_097

/** Formats a date as `YYYY-MM-DD`, or `+YYYYYY-MM-DD` after year 9999. Years beyond the range of Date are moved by whole cycles. */
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
