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
import type { DeltaType } from '../schema/delta-type.ts'

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/**
 * A value in the canonical form in which tables of different engines are compared: longs and decimals as text, times with six digits, binary as
 * lowercase hex, maps as sorted pairs.
 */
export function canonicalValue(value: DuckDBValue, type: DeltaType): Json {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'decimal':
      return value instanceof DuckDBDecimalValue ? decimalText(value.value, value.scale) : String(value)
    case 'array':
      return value instanceof DuckDBListValue ? value.items.map((item) => canonicalValue(item, type.element)) : null
    case 'map':
      if (!(value instanceof DuckDBMapValue)) return null
      return value.entries
        .map(({ key, value: inner }) => [canonicalValue(key, type.key), canonicalValue(inner, type.value)] as const)
        .sort((a, b) => compareText(JSON.stringify(a[0]), JSON.stringify(b[0])))
    case 'struct':
      if (!(value instanceof DuckDBStructValue)) return null
      return Object.fromEntries(
        type.fields.map((field) => [field.name, canonicalValue(value.entries[field.name] ?? null, field.type)]),
      )
    case 'primitive':
      return canonicalPrimitive(value)
  }
}

function canonicalPrimitive(value: DuckDBValue): Json {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : String(value)
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof DuckDBTimestampTZValue) return `${timestampText(value.micros)}Z`
  if (value instanceof DuckDBTimestampValue) return timestampText(value.micros)
  if (value instanceof DuckDBDateValue) return dateText(value.days)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('hex')
  return null
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

/** `YYYY-MM-DD`, `+YYYYYY-MM-DD` beyond year 9999. */
function dateText(days: number): string {
  return new Date(days * 86_400_000).toISOString().slice(0, -14)
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
