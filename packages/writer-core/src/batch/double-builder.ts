import type { ColumnBuilder } from './column-builder.ts'
import { validityBuilder } from './validity.ts'

/** Doubles, NaN and infinities among them. */
export function doubleBuilder(expectedRows: number): ColumnBuilder {
  let values = new Float64Array(expectedRows)
  let count = 0
  const validity = validityBuilder()
  return {
    add(value) {
      if (count === values.length) {
        const grown = new Float64Array(values.length * 2)
        grown.set(values)
        values = grown
      }
      if (value === null || value === undefined) {
        validity.markNull(count++)
        return undefined
      }
      if (typeof value === 'number') values[count++] = value
      else if (typeof value === 'bigint') values[count++] = Number(value)
      else return 'a number'
      return undefined
    },
    addNull() {
      this.add(null)
    },
    finish: () => ({ kind: 'double', values: values.subarray(0, count), validity: validity.finish(count) }),
  }
}
