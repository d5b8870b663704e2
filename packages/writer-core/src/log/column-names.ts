import { WriterSchemaError } from '../errors/kinds.ts'
import type { ColumnDefinition } from './column-definition.ts'

/**
 * The column of that name, else the only one whose name differs from it in letter case alone: engines and table formats take the two for one. Undefined
 * when there is none, or when several differ in case alone.
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

/** Throws WriterSchemaError naming each column whose name is taken by one of `columns`, or by one before it, in whatever letter case. */
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
