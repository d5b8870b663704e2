import type { PGNode } from 'pgsql-ast-parser'
import { WriterConfigurationError } from '../../errors/kinds.ts'
import type { SqlText } from './sql-text.ts'

const SUPPORTED = [
  "Supported: AND, OR, NOT, = != <> < <= > >=, IN, BETWEEN, IS NULL, LIKE, ILIKE, ~, + - * / %, CASE WHEN, column ->> 'key',",
  'and length, lower, upper, trim, abs, round, floor, ceil, coalesce, isfinite, matches.',
].join(' ')

/** Creates the error for text that is not a valid predicate. `at` is the position of the character, from 0. */
export function problem(message: string, at: number | undefined, cause?: unknown): WriterConfigurationError {
  const where = at === undefined ? '' : ` (at character ${at + 1})`
  return new WriterConfigurationError(`invalid condition: ${message}${where}`, {
    committed: 'no',
    context: at === undefined ? {} : { position: at + 1 },
    suggestions: [SUPPORTED],
    cause,
  })
}

/** Creates the error at a node of the syntax tree. */
export function problemAt(node: PGNode, text: SqlText, message: string): WriterConfigurationError {
  return problem(message, node._location && text.placeOf(node._location.start))
}
