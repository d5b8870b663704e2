import { MAX_MICROS, MIN_MICROS, parseDays, parseMicros } from '../time/instant.ts'
import type { ColumnBuilder } from './column-builder.ts'
import { validityBuilder } from './validity.ts'

const TWO_32 = 4_294_967_296

/** Whole numbers of 64 bits, from safe integers and bigints. */
export function int64Builder(expectedRows: number): ColumnBuilder {
  return int64Values(expectedRows, (value, put, putBig) => {
    if (typeof value === 'number') {
      if (!Number.isSafeInteger(value)) return 'a whole number (beyond 2^53: a bigint)'
      put(value)
      return undefined
    }
    if (typeof value !== 'bigint') return 'a whole number'
    if (BigInt.asIntN(64, value) !== value) return 'a whole number of at most 64 bits'
    putBig(value)
    return undefined
  })
}

const EXACT_MILLIS = Math.floor(Number.MAX_SAFE_INTEGER / 1000)
const INSTANT = 'a Date, or ISO 8601 text with a zone, of the years 0001 to 9999'

/** Instants as microseconds, from Dates and ISO 8601 text with a zone. */
export function timestampBuilder(expectedRows: number): ColumnBuilder {
  let lastText = ''
  let lastMicros: bigint | undefined
  return int64Values(expectedRows, (value, put, putBig) => {
    if (value instanceof Date) {
      const millis = value.getTime()
      if (Number.isNaN(millis)) return INSTANT
      // From 1684 to 2255 the product is exact in a double, and no bigint is made.
      if (Math.abs(millis) <= EXACT_MILLIS) {
        put(millis * 1000)
        return undefined
      }
      const micros = BigInt(millis) * 1000n
      if (micros < MIN_MICROS || micros > MAX_MICROS) return INSTANT
      putBig(micros)
      return undefined
    }
    if (typeof value !== 'string') return INSTANT
    if (value !== lastText) {
      lastMicros = parseMicros(value)
      lastText = value
    }
    if (lastMicros === undefined) return INSTANT
    putBig(lastMicros)
    return undefined
  })
}

type Put64 = (value: unknown, put: (safe: number) => void, putBig: (value: bigint) => void) => string | undefined

function int64Values(expectedRows: number, take: Put64): ColumnBuilder {
  let values = new BigInt64Array(expectedRows)
  let words = new Int32Array(values.buffer)
  let count = 0
  const validity = validityBuilder()
  const grow = () => {
    const grown = new BigInt64Array(values.length * 2)
    grown.set(values)
    values = grown
    words = new Int32Array(values.buffer)
  }
  // Two 32-bit stores: making a bigint of every number would allocate.
  const put = (safe: number) => {
    words[count * 2] = safe | 0
    words[count * 2 + 1] = Math.floor(safe / TWO_32)
  }
  const putBig = (value: bigint) => {
    values[count] = value
  }
  return {
    add(value) {
      if (count === values.length) grow()
      if (value === null || value === undefined) {
        validity.markNull(count++)
        return undefined
      }
      const problem = take(value, put, putBig)
      if (problem === undefined) count++
      return problem
    },
    addNull() {
      this.add(null)
    },
    finish: () => ({ kind: 'int64', values: values.subarray(0, count), validity: validity.finish(count) }),
  }
}

/** Whole numbers of 32 bits. */
export function int32Builder(expectedRows: number): ColumnBuilder {
  return int32Values(expectedRows, (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value
    return typeof number === 'number' && number === (number | 0) ? number : 'a whole number of at most 32 bits'
  })
}

/** Days, from `YYYY-MM-DD`. */
export function dateBuilder(expectedRows: number): ColumnBuilder {
  return int32Values(
    expectedRows,
    (value) => (typeof value === 'string' ? parseDays(value) : undefined) ?? 'a date as YYYY-MM-DD',
  )
}

function int32Values(expectedRows: number, take: (value: unknown) => number | string): ColumnBuilder {
  let values = new Int32Array(expectedRows)
  let count = 0
  const validity = validityBuilder()
  return {
    add(value) {
      if (count === values.length) {
        const grown = new Int32Array(values.length * 2)
        grown.set(values)
        values = grown
      }
      if (value === null || value === undefined) {
        validity.markNull(count++)
        return undefined
      }
      const taken = take(value)
      if (typeof taken === 'string') return taken
      values[count++] = taken
      return undefined
    },
    addNull() {
      this.add(null)
    },
    finish: () => ({ kind: 'int32', values: values.subarray(0, count), validity: validity.finish(count) }),
  }
}
