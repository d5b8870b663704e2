import type { ColumnBuilder } from './builder.ts'
import { validityBuilder } from './validity.ts'

export function booleanBuilder(expectedRows: number): ColumnBuilder {
  let values = new Uint8Array(expectedRows)
  let count = 0
  const validity = validityBuilder()
  const grow = () => {
    const grown = new Uint8Array(values.length * 2)
    grown.set(values)
    values = grown
  }
  const add = (value: unknown): string | undefined => {
    if (count === values.length) grow()
    if (value === true || value === false) values[count++] = value ? 1 : 0
    else if (value === null || value === undefined) validity.markNull(count++)
    else return 'true or false'
    return undefined
  }
  return {
    add,
    addNull: () => void add(null),
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish: () => ({ kind: 'boolean', values: values.subarray(0, count), validity: validity.finish(count) }),
    clear() {
      count = 0
      validity.clear()
    },
  }
}
