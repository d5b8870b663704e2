import type { DeltaType } from '../schema/delta-type.ts'
import { lowerTextBound, upperTextBound } from './text-bound.ts'

/** The engine's report on a written column, as text. */
export interface WrittenColumn {
  readonly min?: string | undefined
  readonly max?: string | undefined
  readonly nullCount?: number | undefined
  readonly hasNaN: boolean
}

/** Returns the smallest and greatest value as JSON text. A bound that might be wrong is left out. */
export interface ColumnBounds {
  readonly min?: string | undefined
  readonly max?: string | undefined
}

export function columnBounds(type: DeltaType, { min, max, hasNaN }: WrittenColumn): ColumnBounds {
  if (type.kind === 'decimal') return { min, max }
  if (type.kind !== 'primitive') return {}
  switch (type.name) {
    case 'byte':
    case 'short':
    case 'integer':
    case 'long':
      return { min, max }
    case 'float':
    case 'double': {
      // A float is written with every digit: with its few shortest digits, read as a double, the bound may be on the wrong side of it.
      const exact = type.name === 'float' ? Math.fround : Number
      // NaN is the greatest number, and JSON has no word for it.
      return { min: numberBound(min, exact, '-0.0'), max: hasNaN ? undefined : numberBound(max, exact, '0.0') }
    }
    case 'string':
      return { min: quoteBound(min, lowerTextBound), max: quoteBound(max, upperTextBound) }
    case 'date':
      return { min: quoteBound(min, dateBound), max: quoteBound(max, dateBound) }
    case 'timestamp':
    case 'timestamp_ntz': {
      const zone = type.name === 'timestamp' ? 'Z' : ''
      return {
        min: quoteBound(min, (text) => timestampBound(text, zone, 'down')),
        max: quoteBound(max, (text) => timestampBound(text, zone, 'up')),
      }
    }
    default:
      return {}
  }
}

function quoteBound(text: string | undefined, bound: (text: string) => string | undefined): string | undefined {
  const value = text === undefined ? undefined : bound(text)
  return value === undefined ? undefined : JSON.stringify(value)
}

function numberBound(text: string | undefined, exact: (value: number) => number, zero: string): string | undefined {
  const value = exact(Number(text ?? Number.NaN))
  if (!Number.isFinite(value)) return undefined
  return value === 0 ? zero : JSON.stringify(value)
}

function dateBound(text: string): string | undefined {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : undefined
}

/** Returns the bound of a time. Readers expect milliseconds; the bound is rounded away from the values. */
function timestampBound(text: string, zone: string, round: 'up' | 'down'): string | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2})(?:\.(\d{1,6}))?(?:\+00|Z)?$/.exec(text)
  if (!match) return undefined
  const [, date, time, fraction = ''] = match
  const micros = Number(fraction.padEnd(6, '0'))
  const ms = round === 'up' ? Math.ceil(micros / 1000) : Math.floor(micros / 1000)
  const iso = new Date(Date.parse(`${date}T${time}Z`) + ms).toISOString()
  return /^\d{4}-/.test(iso) ? iso.slice(0, -1) + zone : undefined
}
