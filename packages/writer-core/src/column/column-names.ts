import { WriterSchemaError } from '../errors/kinds.ts'
import type { ColumnDefinition } from './column-definition.ts'

/**
 * Returns the column of that name, otherwise the only column whose name differs just in letter case, which engines and table formats treat as the
 * same. Returns undefined if there is no such column, or if several names differ only in case.
 */
export function findColumn<Named extends { readonly name: string }>(
  name: string,
  columns: readonly Named[],
): Named | undefined {
  const exact = columns.find((column) => column.name === name)
  if (exact) return exact
  const wanted = name.toLowerCase()
  const alike = columns.filter((column) => column.name.toLowerCase() === wanted)
  return alike.length === 1 ? alike[0] : undefined
}

/**
 * Throws WriterSchemaError that names each new column whose name is already taken, ignoring letter case, by one of `columns` or by an earlier new
 * column.
 */
export function assertNewColumns(added: readonly ColumnDefinition[], columns: readonly ColumnDefinition[]): void {
  const names = new Set(columns.map(({ name }) => name.toLowerCase()))
  const taken = added.flatMap(({ name }) => {
    const key = name.toLowerCase()
    if (names.has(key)) return [name]
    names.add(key)
    return []
  })
  if (taken.length === 0) return
  throw new WriterSchemaError(`columns already exist: ${taken.join(', ')}`, {
    committed: 'no',
    context: { columns: taken },
    suggestions: ['Choose names that differ by more than letter case.'],
  })
}
