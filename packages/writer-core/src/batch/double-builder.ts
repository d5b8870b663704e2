import { type Limits, numberProblem } from '../column/limits.ts'
import type { ColumnBuilder } from './builder.ts'
import { validityBuilder } from './validity.ts'

/**
 * Creates a builder of doubles; the limits decide whether NaN and infinities are allowed. Negative zero becomes zero, as equal values must have equal
 * bits in files.
 */
export function doubleBuilder(expectedRows: number, limits: Limits): ColumnBuilder {
  let values = new Float64Array(expectedRows)
  let count = 0
  const validity = validityBuilder()
  const grow = () => {
    const grown = new Float64Array(values.length * 2)
    grown.set(values)
    values = grown
  }
  const add = (value: unknown): string | undefined => {
    if (count === values.length) grow()
    if (typeof value === 'number') {
      const problem = numberProblem(limits, value)
      if (problem !== undefined) return problem
      values[count++] = value + 0
    } else if (value === null || value === undefined) validity.markNull(count++)
    else if (typeof value === 'bigint') return add(Number(value))
    else return 'a number'
    return undefined
  }
  return {
    add,
    addNull: () => void add(null),
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish: () => ({ kind: 'double', values: values.subarray(0, count), validity: validity.finish(count) }),
    clear() {
      count = 0
      validity.clear()
    },
  }
}
