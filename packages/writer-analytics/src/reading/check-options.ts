import { WriterConfigurationError } from '@forge/writer-core'

/** Throws one WriterConfigurationError for all problems; false and undefined stand for no problem. */
export function assertNoProblems(
  what: string,
  problems: readonly (string | false | undefined)[],
  suggestions: readonly string[] = [],
): void {
  const found = problems.filter((problem) => typeof problem === 'string')
  if (found.length === 0) return
  throw new WriterConfigurationError(`${what}: ${found.join('; ')}`, { context: { problems: found }, suggestions })
}

/** Returns a problem if the value is given and is not a whole number of at least `min`. */
export function wholeNumberProblem(name: string, value: number | undefined, min = 1): string | false {
  return (
    value !== undefined && !(Number.isInteger(value) && value >= min) && `${name} must be a whole number from ${min}`
  )
}
