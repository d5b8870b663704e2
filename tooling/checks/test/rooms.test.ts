import { dirname } from 'node:path'
import { describe, expect, test } from 'vitest'
import { circlesOf, importsWithin } from '../src/imports.ts'
import { workspacePackages } from '../src/workspace.ts'

/** The circles that a grammar has: expressions contain conditions, and conditions contain expressions. */
const GRAMMAR: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'packages/writer-core': [
    ['predicate/compile-expression.ts', 'predicate/compile-predicate.ts'],
    ['predicate/parse/to-expression.ts', 'predicate/parse/to-predicate.ts'],
  ],
  'packages/writer-storage-duckdb': [['engine/compile-expression.ts', 'engine/compile-predicate.ts']],
  'packages/writer-storage-postgres': [['sql/compile-expression.ts', 'sql/compile-predicate.ts']],
}

test('circles are found in any order of the files', () => {
  const edges = { a: ['b'], b: ['c', 'd'], c: ['a'], d: ['e'], e: ['d'], f: ['a', 'f'] }
  const circlesAmong = (names: readonly string[]) =>
    circlesOf(new Map(names.map((name) => [name, edges[name as keyof typeof edges]]))).sort()
  expect(circlesAmong(['a', 'b', 'c', 'd', 'e', 'f'])).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ])
  expect(circlesAmong(['f', 'e', 'd', 'c', 'b', 'a'])).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e'],
  ])
})

const folders = workspacePackages()
  .map(({ folder }) => folder)
  .filter((folder) => folder.startsWith('packages/'))

describe.each(folders)('%s', (folder) => {
  const imports = importsWithin(`${folder}/src`)

  test('has no circle of files but those of the grammar', () => {
    expect(circlesOf(imports).sort()).toEqual(GRAMMAR[folder] ?? [])
  })

  test('has no two folders that import each other, even through others', () => {
    expect(circlesOf(roomImports(imports))).toEqual([])
  })
})

/** Returns for each folder the other folders that its files import. The top folder, which puts the others together, is not one of them. */
function roomImports(imports: ReadonlyMap<string, readonly string[]>): Map<string, string[]> {
  const rooms = new Map<string, string[]>()
  for (const [file, targets] of imports) {
    const room = dirname(file)
    const others = targets.map((target) => dirname(target)).filter((other) => other !== room && other !== '.')
    if (room !== '.') rooms.set(room, [...(rooms.get(room) ?? []), ...others])
  }
  return rooms
}
