import { type Limits, numberProblem } from '../column/limits.ts'
import { MAX_MICROS, MIN_MICROS, parseMicros } from '../time/instant.ts'
import type { ColumnBuilder } from './builder.ts'
import type { ColumnVector } from './log-batch.ts'
import { validityBuilder } from './validity.ts'

const TWO_32 = 4_294_967_296

/** Creates a builder of 64-bit integers; it takes safe integers and bigints. */
export function int64Builder(expectedRows: number, limits: Limits): ColumnBuilder {
  const room = int64Room(expectedRows)
  const { min, max } = limits
  const add = (value: unknown): string | undefined => {
    if (typeof value === 'number') {
      const problem = numberProblem(limits, value)
      if (problem !== undefined) return problem
      if (!Number.isSafeInteger(value)) return 'a whole number (a bigint beyond 2^53)'
      room.put(value)
    } else if (value === null || value === undefined) room.putNull()
    else return typeof value === 'bigint' ? addBig(value) : 'a whole number'
    return undefined
  }
  const addBig = (value: bigint) => {
    const problem = numberProblem(limits, value)
    if (problem !== undefined) return problem
    if (BigInt.asIntN(64, value) !== value) return 'a whole number of at most 64 bits'
    room.putBig(value)
    return undefined
  }
  return {
    add,
    addNull: room.putNull,
    addAll: (cells, start, end) => room.addAll(cells, { start, end, min, max }, add),
    finish: room.finish,
    clear: room.clear,
  }
}

const EXACT_MILLIS = Math.floor(Number.MAX_SAFE_INTEGER / 1000)
const INSTANT = 'a Date or ISO 8601 text with a zone, from year 0001 to 9999'

/** Creates a builder of instants in microseconds; it takes Dates and ISO 8601 text with a zone. */
export function timestampBuilder(expectedRows: number): ColumnBuilder {
  const room = int64Room(expectedRows)
  let lastText = ''
  let lastMicros: bigint | undefined
  const add = (value: unknown): string | undefined => {
    if (value instanceof Date) {
      const millis = value.getTime()
      // The product is exact in a double from 1684 to 2255, so no bigint is needed.
      if (Math.abs(millis) <= EXACT_MILLIS) room.put(millis * 1000)
      else return addFar(millis)
    } else if (value === null || value === undefined) room.putNull()
    else return typeof value === 'string' ? addText(value) : INSTANT
    return undefined
  }
  const addFar = (millis: number) => {
    if (Number.isNaN(millis)) return INSTANT
    const micros = BigInt(millis) * 1000n
    if (micros < MIN_MICROS || micros > MAX_MICROS) return INSTANT
    room.putBig(micros)
    return undefined
  }
  const addText = (text: string) => {
    if (text !== lastText) {
      lastMicros = parseMicros(text)
      lastText = text
    }
    if (lastMicros === undefined) return INSTANT
    room.putBig(lastMicros)
    return undefined
  }
  return {
    add,
    addNull: room.putNull,
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish: room.finish,
    clear: room.clear,
  }
}

interface Int64Room {
  put(safe: number): void
  putBig(value: bigint): void
  putNull(): void
  /**
   * Implements {@link ColumnBuilder.addAll}. Stores 32-bit integers within the limits directly, which most values are, and calls `add` for all
   * others.
   */
  addAll(cells: readonly unknown[], span: Span, add: (value: unknown) => string | undefined): number
  finish(): ColumnVector
  clear(): void
}

interface Span {
  readonly start: number
  readonly end: number
  readonly min: number
  readonly max: number
}

/** Creates growing memory for 64-bit values. */
function int64Room(expectedRows: number): Int64Room {
  let values = new BigInt64Array(expectedRows)
  let words = new Int32Array(values.buffer)
  let count = 0
  const validity = validityBuilder()
  const grow = (least = 0) => {
    const grown = new BigInt64Array(Math.max(least, values.length * 2))
    grown.set(values)
    values = grown
    words = new Int32Array(values.buffer)
  }
  return {
    // Two 32-bit stores avoid allocating a bigint for every number.
    put(safe) {
      if (count === values.length) grow()
      words[count * 2] = safe | 0
      words[count * 2 + 1] = Math.floor(safe / TWO_32)
      count++
    },
    putBig(value) {
      if (count === values.length) grow()
      values[count++] = value
    },
    putNull() {
      if (count === values.length) grow()
      validity.markNull(count++)
    },
    addAll(cells, { start, end, min, max }, add) {
      if (count + end - start > values.length) grow(count + end - start)
      for (let at = start; at < end; at++) {
        const value = cells[at]
        if (typeof value === 'number' && (value | 0) === value && value >= min && value <= max) {
          words[count * 2] = value
          words[count * 2 + 1] = value >> 31
          count++
        } else if (add(value) !== undefined) return at
      }
      return end
    },
    finish: () => ({ kind: 'int64', values: values.subarray(0, count), validity: validity.finish(count) }),
    clear() {
      count = 0
      validity.clear()
    },
  }
}
