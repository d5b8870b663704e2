import type { SqlValue } from '../connection/connections.ts'

/** Collects the values of a statement. `add` returns the SQL that refers to the value. */
export interface ParameterList {
  readonly values: readonly SqlValue[]
  add(value: SqlValue, sqlType: string): string
  /** Removes the values after the first `count`. */
  cut(count: number): void
}

export function parameterList(): ParameterList {
  const values: SqlValue[] = []
  return {
    values,
    add(value, sqlType) {
      values.push(value)
      return `$${values.length}::${sqlType}`
    },
    cut(count) {
      values.length = count
    },
  }
}
