import { WriterConfigurationError } from '@forge/writer-core'

/** Throws one WriterConfigurationError for all that is wrong; what is false or undefined is no problem. */
export function assertNoProblems(
  what: string,
  problems: readonly (string | false | undefined)[],
  suggestions: readonly string[] = [],
): void {
  const found = problems.filter((problem) => typeof problem === 'string')
  if (found.length === 0) return
  throw new WriterConfigurationError(`${what}: ${found.join('; ')}`, { context: { problems: found }, suggestions })
}

/** A problem where the value is given and is no whole number of at least `min`. */
export function wholeNumberProblem(name: string, value: number | undefined, min = 1): string | false {
  return (
    value !== undefined && !(Number.isInteger(value) && value >= min) && `${name} must be a whole number from ${min}`
  )
}
