import type { ColumnVector } from '../batch/log-batch.ts'
import { hexText, safeInteger } from '../batch/rows.ts'
import { isValid } from '../batch/validity.ts'
import type { Value } from '../column/column-type.ts'
import { type ColumnType, decimalShape } from '../column/column-type.ts'
import { decimalText } from '../column/decimal.ts'
import { isoFromDays, isoFromMicros } from '../time/instant.ts'

/**
 * The in-memory form of a value: times and dates are microseconds since 1970; whole numbers are bigint only beyond 2^53; decimals are always bigint,
 * unscaled, at the scale of their type; bytes are hexadecimal text.
 */
export type Native = string | number | bigint | boolean | null

const MICROS_PER_DAY = 86_400_000_000
const TWO_32 = 4_294_967_296
// Every number whose upper word is in this range is a safe integer.
const MIN_SAFE_WORD = -0x1f_ffff
const MAX_SAFE_WORD = 0x1f_ffff

export function nativeAt(vector: ColumnVector, type: ColumnType, index: number): Native {
  return nativeReader(vector, type)(index)
}

/** Returns a reader of a column's values that avoids a bigint for each whole number. */
export function nativeReader(vector: ColumnVector, type: ColumnType): (row: number) => Native {
  const { validity } = vector
  const read = readerOf(vector, type)
  return validity === null ? read : (row) => (isValid(validity, row) ? read(row) : null)
}

function readerOf(vector: ColumnVector, type: ColumnType): (row: number) => Native {
  switch (vector.kind) {
    case 'dictionary': {
      const { values, dictionary } = vector
      return (row) => dictionary[values[row] ?? 0] ?? ''
    }
    case 'text': {
      const { values } = vector
      return (row) => values[row] ?? ''
    }
    case 'boolean': {
      const { values } = vector
      return (row) => values[row] === 1
    }
    case 'double': {
      const { values } = vector
      return (row) => values[row] ?? 0
    }
    case 'int32': {
      const { values } = vector
      return type === 'date' ? (row) => microsOfDay(values[row] ?? 0) : (row) => values[row] ?? 0
    }
    case 'decimal': {
      const { values } = vector
      return (row) => values[row] ?? 0n
    }
    case 'binary': {
      const { values } = vector
      return (row) => hexText(values[row])
    }
    case 'int64':
      return int64Reader(vector.values)
  }
}

function int64Reader(values: BigInt64Array): (row: number) => Native {
  const words = new Int32Array(values.buffer, values.byteOffset, values.length * 2)
  return (row) => {
    const high = words[row * 2 + 1] ?? 0
    if (high >= MIN_SAFE_WORD && high <= MAX_SAFE_WORD) return high * TWO_32 + ((words[row * 2] ?? 0) >>> 0)
    return safeInteger(values[row] ?? 0n)
  }
}

function microsOfDay(days: number): number | bigint {
  const micros = days * MICROS_PER_DAY
  return Number.isSafeInteger(micros) ? micros : BigInt(days) * BigInt(MICROS_PER_DAY)
}

/** Converts a value to the form in which it is read from a column of that type. */
export function toValue(native: Native, type: ColumnType | undefined): Value {
  if (typeof native !== 'number' && typeof native !== 'bigint') return native
  if (type === 'timestamp') return isoFromMicros(BigInt(native))
  if (type === 'date') return isoFromDays(Number(native) / MICROS_PER_DAY)
  const shape = type && decimalShape(type)
  return shape ? decimalText({ unscaled: BigInt(native), scale: shape.scale }) : native
}

/**
 * Compares two values of one class that are not null: negative, 0 or positive. NaN equals itself and is greater than all other numbers; text compares
 * by code point.
 */
export function compareNatives(a: Native, b: Native): number {
  if (typeof a === 'string' && typeof b === 'string') return compareText(a, b)
  const [left, right] = [a as number, b as number]
  if (left < right) return -1
  if (left > right) return 1
  if (left === right) return 0
  return Number(Number.isNaN(left)) - Number(Number.isNaN(right))
}

export function compareText(a: string, b: string): number {
  if (a === b) return 0
  const length = Math.min(a.length, b.length)
  for (let at = 0; at < length; at++) {
    const [left, right] = [a.charCodeAt(at), b.charCodeAt(at)]
    if (left !== right) return codePointOrder(left) - codePointOrder(right)
  }
  return a.length - b.length
}

/** Maps a UTF-16 unit so that surrogates, which stand for higher code points, sort after all other units. */
function codePointOrder(unit: number): number {
  if (unit < 0xd800) return unit
  return unit >= 0xe000 ? unit - 0x800 : unit + 0x2000
}

/** Returns a key that is the same for values that count as equal in a group. */
export function nativeKey(value: Native): string {
  if (value === null) return 'n'
  if (typeof value === 'string') return `s${value}`
  if (typeof value === 'boolean') return value ? 't' : 'f'
  return `d${String(value)}`
}
