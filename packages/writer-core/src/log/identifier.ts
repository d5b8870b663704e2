import { WriterConfigurationError } from '../errors/kinds.ts'

const MOST_BYTES = 255

/** Says what is wrong with a name of a schema, table or column, or undefined. */
export function identifierProblem(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.length === 0) return 'must be text that is not empty'
  if (name.includes('\0')) return 'must not contain NUL'
  if (!name.isWellFormed()) return 'must be well-formed text'
  if (new TextEncoder().encode(name).length > MOST_BYTES) return `must have at most ${MOST_BYTES} bytes`
  return undefined
}

/** Throws WriterConfigurationError where the name cannot be one of a schema, table or column. */
export function assertIdentifier(name: string, what = 'identifier'): void {
  const problem = identifierProblem(name)
  if (problem) throw new WriterConfigurationError(`${what} ${problem}`, { context: { what }, committed: 'no' })
}
