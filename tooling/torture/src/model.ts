import type { KeyRange, Operation } from './operation.ts'

/** Rows by `prefix/key`, with the value of each copy: appends may store a key twice. */
export type State = ReadonlyMap<string, readonly number[]>

/** Returns the rows after an operation of the worker with this prefix. */
export function applyOperation(state: State, prefix: string, operation: Operation): State {
  const next = new Map(state)
  switch (operation.kind) {
    case 'append':
    case 'stream':
      for (const key of keysOf(prefix, operation.rows)) next.set(key, [...(next.get(key) ?? []), operation.rows.value])
      return next
    case 'merge':
      for (const key of keysOf(prefix, operation.rows)) {
        const stored = next.get(key)
        if (stored === undefined) next.set(key, [operation.rows.value])
        else if (operation.whenMatched === 'update')
          next.set(
            key,
            stored.map(() => operation.rows.value),
          )
      }
      return next
    case 'replace':
      for (const key of state.keys()) if (key.startsWith(`${prefix}/`)) next.delete(key)
      for (const key of keysOf(prefix, operation.rows)) next.set(key, [operation.rows.value])
      return next
    case 'delete':
      for (const [key, values] of state) {
        if (!key.startsWith(`${prefix}/`)) continue
        const kept = values.filter((value) => value >= operation.below)
        if (kept.length === 0) next.delete(key)
        else next.set(key, kept)
      }
      return next
    default:
      return state
  }
}

/** Names of the keys of a range, such as `e0w1/17`. */
function keysOf(prefix: string, { from, to }: KeyRange): string[] {
  return Array.from({ length: to - from }, (_none, index) => `${prefix}/${from + index}`)
}

/** Returns the first differences between what is stored and what must be, as lines; none if they agree. */
export function differences(expected: State, actual: State, limit = 5): string[] {
  const lines: string[] = []
  for (const key of new Set([...expected.keys(), ...actual.keys()])) {
    const must = sortedText(expected.get(key))
    const is = sortedText(actual.get(key))
    if (must !== is) lines.push(`${key}: must be [${must}], is [${is}]`)
    if (lines.length > limit) return [...lines.slice(0, limit), '...']
  }
  return lines
}

export function rowCountOf(state: State, prefix?: string): number {
  let rows = 0
  for (const [key, values] of state) if (prefix === undefined || key.startsWith(`${prefix}/`)) rows += values.length
  return rows
}

function sortedText(values: readonly number[] = []): string {
  return [...values].sort((a, b) => a - b).join(',')
}
