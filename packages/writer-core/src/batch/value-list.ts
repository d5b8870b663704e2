import type { ColumnBuilder } from './builder.ts'
import type { ColumnVector, Validity } from './log-batch.ts'
import { validityBuilder } from './validity.ts'

/** Creates a builder for values that are objects. `take` returns the value to store, or what was expected instead. */
export function valueListBuilder<Item>(
  none: Item,
  take: (value: unknown) => { readonly stored: Item } | string,
  vectorOf: (values: readonly Item[], validity: Validity) => ColumnVector,
): ColumnBuilder {
  let values: Item[] = []
  const validity = validityBuilder()
  const addNull = () => {
    validity.markNull(values.length)
    values.push(none)
  }
  const add = (value: unknown): string | undefined => {
    if (value === null || value === undefined) {
      addNull()
      return undefined
    }
    const taken = take(value)
    if (typeof taken === 'string') return taken
    values.push(taken.stored)
    return undefined
  }
  return {
    add,
    addNull,
    addAll(cells, start, end) {
      for (let at = start; at < end; at++) if (add(cells[at]) !== undefined) return at
      return end
    },
    finish: () => vectorOf(values, validity.finish(values.length)),
    clear() {
      values = []
      validity.clear()
    },
  }
}
