import { WriterConfigurationError } from '@forge/writer-core'

/** What is wrong in a rule file, and where. */
export interface RuleFileProblem {
  /** Such as `rules[2].min`; empty for the whole file. */
  readonly path: string
  /** From 1; undefined where the file is a module. */
  readonly line?: number
  readonly column?: number
  readonly message: string
}

const MOST_LISTED = 100
const MOST_IN_MESSAGE = 5

/** The error that lists all problems: `context.problems` has the first 100 of them. */
export function ruleFileError(
  file: string,
  problems: readonly RuleFileProblem[],
  cause?: unknown,
): WriterConfigurationError {
  const listed = problems.slice(0, MOST_LISTED).map((problem) => placed(file, problem))
  const rest = problems.length - MOST_IN_MESSAGE
  const shown = listed.slice(0, MOST_IN_MESSAGE).join('; ')
  return new WriterConfigurationError(`rule file not usable: ${shown}${rest > 0 ? ` (and ${rest} more)` : ''}`, {
    context: { file, problemCount: problems.length, problems: listed },
    suggestions: ['Correct the places named above; `forge-writer suggest` writes a rule file to start from.'],
    committed: 'no',
    ...(cause !== undefined && { cause }),
  })
}

/** `rules.yaml:3:5 rules[0].min: must be a number`. */
function placed(file: string, { path, line, column, message }: RuleFileProblem): string {
  const where = line === undefined ? file : `${file}:${line}:${column ?? 1}`
  return `${where}${path === '' ? '' : ` ${path}`}: ${message}`.slice(0, 1000)
}
