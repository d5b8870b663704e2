import type { ColumnVector } from '../batch/log-batch.ts'
import { valueAt } from '../batch/rows.ts'
import { isValid } from '../batch/validity.ts'
import type { ColumnType } from '../log/column-definition.ts'
import type { Value } from '../log/row.ts'
import { isoFromDays, isoFromMicros } from '../time/instant.ts'

/** A value while it is computed with: times are microseconds since 1970, dates too. */
export type Native = string | number | bigint | boolean | null

const MICROS_PER_DAY = 86_400_000_000n

export function nativeAt(vector: ColumnVector, type: ColumnType, index: number): Native {
  if (type === 'timestamp' && vector.kind === 'int64') {
    return isValid(vector.validity, index) ? (vector.values[index] ?? 0n) : null
  }
  if (type === 'date' && vector.kind === 'int32') {
    return isValid(vector.validity, index) ? BigInt(vector.values[index] ?? 0) * MICROS_PER_DAY : null
  }
  return valueAt(vector, type, index)
}

/** As it is read back from a column of that type. */
export function toValue(native: Native, type: ColumnType | undefined): Value {
  if (typeof native === 'bigint' && type === 'timestamp') return isoFromMicros(native)
  if (typeof native === 'bigint' && type === 'date') return isoFromDays(Number(native / MICROS_PER_DAY))
  if (typeof native !== 'bigint') return native
  const number = Number(native)
  return Number.isSafeInteger(number) ? number : native
}

/** Negative, 0 or positive; both of one class, none null. NaN equals itself and is greater than all else; text compares by code point. */
export function compareNatives(a: Native, b: Native): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  if (typeof a === 'number' && Number.isNaN(a)) return typeof b === 'number' && Number.isNaN(b) ? 0 : 1
  if (typeof b === 'number' && Number.isNaN(b)) return -1
  const [left, right] = [a as number, b as number]
  return left < right ? -1 : left > right ? 1 : 0
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (left !== right) return codePointOrder(left) - codePointOrder(right)
  }
  return a.length - b.length
}

/** Surrogates stand for code points beyond all others. */
function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** The same text for values that count as equal in a group. */
export function nativeKey(value: Native): string {
  if (value === null) return 'n'
  if (typeof value === 'string') return `s${value}`
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return `d${String(value)}`
}
