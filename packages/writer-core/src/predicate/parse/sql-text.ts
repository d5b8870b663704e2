import type { PGNode } from 'pgsql-ast-parser'

/** Text as the parser gets it. */
export interface SqlText {
  readonly sql: string
  /** Where in the original text that character of `sql` stands, both from 0. */
  placeOf(at: number): number
  /** The words of a node as they were written. */
  sourceOf(node: PGNode): string
}

/** The parser takes the sign of `a-5` for one of the number, and then misses an operator; it is told apart by a space. */
export function sqlText(text: string): SqlText {
  const added: number[] = []
  const sql = text.replace(/'[^']*'|"[^"]*"|-(?=[\d.])/g, (token: string, at: number) => {
    if (token !== '-') return token
    added.push(at + added.length + 1)
    return '- '
  })
  return {
    sql,
    placeOf: (at) => at - added.filter((place) => place < at).length,
    sourceOf: ({ _location: place }) => (place ? sql.slice(place.start, place.end) : ''),
  }
}
