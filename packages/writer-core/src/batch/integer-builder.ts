import { WHOLE_RANGES } from '../column/column-type.ts'
import { type Limits, numberProblem } from '../column/limits.ts'
import { parseDays } from '../time/instant.ts'
import type { ColumnBuilder } from './builder.ts'
import { validityBuilder } from './validity.ts'

/** Creates a builder of whole numbers of up to 32 bits. */
export function wholeBuilder(type: keyof typeof WHOLE_RANGES, expectedRows: number, limits: Limits): ColumnBuilder {
  const [least, greatest] = WHOLE_RANGES[type]
  const expected = `a whole number that fits in ${type.slice(3)} bits`
  return int32Values(expectedRows, (value) => {
    const number = typeof value === 'bigint' ? Number(value) : value
    if (typeof number !== 'number' || number !== (number | 0)) return expected
    if (number < least || number > greatest) return expected
    return numberProblem(limits, number) ?? number
  })
}

/** Creates a builder of days; it takes `YYYY-MM-DD`. */
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
  const add = (value: unknown): string | undefined => {
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
  }
  return {
    add,
    addNull: () => void add(null),
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish: () => ({ kind: 'int32', values: values.subarray(0, count), validity: validity.finish(count) }),
    clear() {
      count = 0
      validity.clear()
    },
  }
}
