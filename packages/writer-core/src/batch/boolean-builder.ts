import type { ColumnBuilder } from './column-builder.ts'
import { validityBuilder } from './validity.ts'

export function booleanBuilder(expectedRows: number): ColumnBuilder {
  let values = new Uint8Array(expectedRows)
  let count = 0
  const validity = validityBuilder()
  return {
    add(value) {
      if (count === values.length) {
        const grown = new Uint8Array(values.length * 2)
        grown.set(values)
        values = grown
      }
      if (value === null || value === undefined) {
        validity.markNull(count++)
        return undefined
      }
      if (typeof value !== 'boolean') return 'true or false'
      values[count++] = value ? 1 : 0
      return undefined
    },
    addNull() {
      this.add(null)
    },
    finish: () => ({ kind: 'boolean', values: values.subarray(0, count), validity: validity.finish(count) }),
  }
}
