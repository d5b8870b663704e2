import { WriterConfigurationError } from '@forge/writer-core'

/** A problem in a rule file, with its place. */
export interface RuleFileProblem {
  /** The part of the file, such as `rules[2].min`; empty for the whole file. */
  readonly path: string
  /** The line, from 1; undefined if the file is a module. */
  readonly line?: number | undefined
  readonly column?: number | undefined
  readonly message: string
}

const MAX_LISTED = 100
const MAX_IN_MESSAGE = 5

/** Returns the error that lists all problems: `context.problems` has the first 100 of them. */
export function ruleFileError(
  file: string,
  problems: readonly RuleFileProblem[],
  cause?: unknown,
): WriterConfigurationError {
  const listed = problems.slice(0, MAX_LISTED).map((problem) => withPlace(file, problem))
  const rest = problems.length - MAX_IN_MESSAGE
  const shown = listed.slice(0, MAX_IN_MESSAGE).join('; ')
  return new WriterConfigurationError(`rule file not usable: ${shown}${rest > 0 ? ` (and ${rest} more)` : ''}`, {
    context: { file, problemCount: problems.length, problems: listed },
    suggestions: ['Correct the places named above; `forge-writer suggest` writes a rule file to start from.'],
    committed: 'no',
    cause,
  })
}

/** Returns a text such as `rules.yaml:3:5 rules[0].min: must be a number`. */
function withPlace(file: string, { path, line, column, message }: RuleFileProblem): string {
  const where = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return `${where}${path === '' ? '' : ` ${path}`}: ${message}`.slice(0, 1000)
}
