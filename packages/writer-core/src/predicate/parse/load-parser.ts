import { createRequire } from 'node:module'
import type { Expr } from 'pgsql-ast-parser'

type Library = typeof import('pgsql-ast-parser')

let library: Library | undefined

/** Parses SQL expressions to syntax trees with locations. Throws the errors of the library. */
export function parseSql(sql: string): Expr[] {
  library ??= loadLibrary()
  // The types of the library cover statements only; with `entry: 'expr'` it returns expressions.
  return library.parse(sql, { entry: 'expr', locationTracking: true }) as unknown as Expr[]
}

// Loading the parser takes longer than most of our programs run, and most of them parse nothing.
function loadLibrary(): Library {
  try {
    return createRequire(import.meta.url)('pgsql-ast-parser') as Library
  } catch {
    // In a bundle the library is included, and only the bundler's own `require` finds it.
    return require('pgsql-ast-parser') as Library
  }
}
