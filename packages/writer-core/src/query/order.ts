import { compareNatives, type Native } from '../predicate/native.ts'
import type { OrderBy } from './scan.ts'

/** Creates a comparator of rows by the values of their order columns. */
export function comparator(orderBy: readonly OrderBy[]): (a: readonly Native[], b: readonly Native[]) => number {
  const terms = orderBy.map(({ descending = false, nulls = 'last' }) => {
    return { sign: descending ? -1 : 1, nullSign: nulls === 'last' ? 1 : -1 }
  })
  return (a, b) => {
    for (const [at, { sign, nullSign }] of terms.entries()) {
      const [left, right] = [a[at] ?? null, b[at] ?? null]
      if (left === null || right === null) {
        if (left === right) continue
        return left === null ? nullSign : -nullSign
      }
      const order = compareNatives(left, right)
      if (order !== 0) return sign * order
    }
    return 0
  }
}
