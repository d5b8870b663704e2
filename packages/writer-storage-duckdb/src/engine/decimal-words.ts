import { DECIMAL, type DuckDBType, HUGEINT } from '@duckdb/node-api'
import type { ColumnType } from '@forge/writer-core'
import { decimalShape } from '@forge/writer-core/storage'

/** The number of digits that 16, 32 and 64 bits hold. */
const DIGITS_OF_16 = 4
const DIGITS_OF_32 = 9
const DIGITS_OF_64 = 18

type Words = Int16Array | Int32Array | BigInt64Array

const TYPES = new Map<ColumnType, DuckDBType>()

/** Returns the engine's type of a decimal: the same object each time, so that caches can use it as their key. */
export function decimalType(type: ColumnType): DuckDBType {
  const known = TYPES.get(type)
  if (known) return known
  const { precision, scale } = decimalShape(type) ?? { precision: 38, scale: 0 }
  const made = precision > 38 ? HUGEINT : DECIMAL(precision, scale)
  TYPES.set(type, made)
  return made
}

/** Returns the numbers in the engine's width for the type: 16, 32, 64 or 128 bits. */
export function decimalValues(type: ColumnType, values: readonly bigint[], start: number, count: number): Words {
  const precision = decimalShape(type)?.precision ?? 38
  const taken = values.slice(start, start + count)
  if (precision <= DIGITS_OF_16) return Int16Array.from(taken, Number)
  if (precision <= DIGITS_OF_32) return Int32Array.from(taken, Number)
  if (precision <= DIGITS_OF_64) return BigInt64Array.from(taken)
  const words = new BigInt64Array(count * 2)
  for (const [row, value] of taken.entries()) {
    words[row * 2] = BigInt.asIntN(64, value)
    words[row * 2 + 1] = value >> 64n
  }
  return words
}

/** Returns 128-bit numbers from pairs of words, low word first. */
export function wideNumbers(words: BigInt64Array): bigint[] {
  return Array.from({ length: words.length / 2 }, (_none, row) => {
    return ((words[row * 2 + 1] ?? 0n) << 64n) | BigInt.asUintN(64, words[row * 2] ?? 0n)
  })
}
