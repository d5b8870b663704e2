import type { PGNode } from 'pgsql-ast-parser'

/** The text for the parser, with a mapping to the original text. */
export interface SqlText {
  readonly sql: string
  /** Returns the position in the original text of a character of `sql`; both count from 0. */
  placeOf(at: number): number
  /** Returns the source text of a node. */
  sourceOf(node: PGNode): string
}

/** Prepares text for the parser, which reads the sign in `a-5` as part of the number and then misses an operator; a space separates the two. */
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
