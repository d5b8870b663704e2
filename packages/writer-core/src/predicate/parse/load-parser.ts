import { createRequire } from 'node:module'
import type { Expr } from 'pgsql-ast-parser'

type Library = typeof import('pgsql-ast-parser')

let library: Library | undefined

/** The syntax trees of SQL expressions, with locations. Throws what the library throws. */
export function parseSql(sql: string): Expr[] {
  library ??= loadLibrary()
  // Its types speak of statements only; for expressions it gives these.
  return library.parse(sql, { entry: 'expr', locationTracking: true }) as unknown as Expr[]
}

// Loading it takes longer than most programs of ours run, and most of them parse nothing.
function loadLibrary(): Library {
  try {
    return createRequire(import.meta.url)('pgsql-ast-parser') as Library
  } catch {
    // In a bundle the library is inside, where only the bundler's own `require` finds it.
    return require('pgsql-ast-parser') as Library
  }
}
