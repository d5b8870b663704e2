import { WriterConfigurationError } from '../errors/kinds.ts'

const MAX_BYTES = 255

/** Returns what is wrong with the name of a schema, table or column, or undefined. */
export function identifierProblem(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.length === 0) return 'must be a non-empty string'
  if (name.includes('\0')) return 'must not contain NUL'
  if (!name.isWellFormed()) return 'must be well-formed text'
  if (new TextEncoder().encode(name).length > MAX_BYTES) return `must have at most ${MAX_BYTES} bytes`
  return undefined
}

/** Throws WriterConfigurationError if the name is not valid for a schema, table or column. */
export function assertIdentifier(name: string, what = 'identifier'): void {
  const problem = identifierProblem(name)
  if (problem) throw new WriterConfigurationError(`${what} ${problem}`, { context: { what }, committed: 'no' })
}
