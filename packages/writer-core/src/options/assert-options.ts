import { WriterConfigurationError } from '../errors/kinds.ts'
import { nearestHint } from '../errors/nearest-names.ts'
import { isObject, type OptionCheck } from './option-checks.ts'

/** An option or a setting that is not valid, an entry of `context.problems` of a WriterConfigurationError. */
export interface OptionProblem {
  /** The name of the option; a dotted path if it is part of another one, such as `retention.keepDays`. */
  readonly setting: string
  /** The rest of a sentence that begins with the name. */
  readonly problem: string
  /** The value as text; left out if it could be a secret. */
  readonly value?: string | undefined
}

/** The check of every option of a function. An option without an entry is not an option. */
export type OptionChecks<Options extends object> = { readonly [Name in keyof Required<Options>]: OptionCheck }

/** Problems in the order in which they are reported; `false` and `undefined` stand for no problem. */
export type OptionProblems = readonly (OptionProblem | false | undefined)[]

/**
 * Throws WriterConfigurationError that lists in `context.problems` every option that is unknown or not valid, and the problems in `more`, which
 * concern several options. `what` is the name of the function.
 */
export function assertOptions<Options extends object>(
  what: string,
  options: Options,
  checks: OptionChecks<Options>,
  more: OptionProblems = [],
): void {
  const isValid: boolean = isObject(options)
  const problems = isValid
    ? [...unknownOptions(options, Object.keys(checks)), ...optionProblems(options, checks), ...more]
    : [{ setting: 'options', problem: `must be an object with some of ${Object.keys(checks).join(', ')}` }]
  assertNoProblems(what, problems)
}

/** Throws WriterConfigurationError that lists the problems in `context.problems`, if there are any. */
export function assertNoProblems(what: string, problems: OptionProblems, suggestions: readonly string[] = []): void {
  const found = problems.filter((problem) => typeof problem === 'object')
  if (found.length > 0) throw optionError(what, found, suggestions)
}

/** Creates the error that lists the problems. */
export function optionError(
  what: string,
  problems: readonly OptionProblem[],
  suggestions: readonly string[] = [],
  cause?: unknown,
): WriterConfigurationError {
  const text = problems.map(({ setting, problem }) => `${setting} ${problem}`).join('; ')
  return new WriterConfigurationError(`${what}: ${text}`.slice(0, MAX_CHARACTERS), {
    context: { problems },
    suggestions: suggestions.length > 0 ? suggestions : ['Correct the options named above.'],
    committed: 'no',
    cause,
  })
}

const MAX_CHARACTERS = 2000
const MAX_NAME_CHARACTERS = 100

function unknownOptions(options: object, known: readonly string[]): OptionProblem[] {
  return Object.entries(options).flatMap(([name, value]) =>
    value === undefined || known.includes(name) ? [] : [unknownOption(name, known)],
  )
}

/** Returns the problem of a name that is not an option, with the nearest name that is one. */
export function unknownOption(name: string, known: readonly string[], kind = 'option'): OptionProblem {
  const article = /^[aeiou]/.test(kind) ? 'an' : 'a'
  const problem = `is not ${article} ${kind}${nearestHint(name, known)}`
  return { setting: name.slice(0, MAX_NAME_CHARACTERS), problem }
}

/** Returns the options that are not valid by their checks. Options without a check are ignored. */
export function optionProblems<Options extends object>(
  options: Options,
  checks: Partial<OptionChecks<Options>>,
): OptionProblem[] {
  return (Object.entries(checks) as [string, OptionCheck][]).flatMap(([setting, check]) => {
    const problem = check(Reflect.get(options, setting))
    return problem === undefined ? [] : [{ setting, problem }]
  })
}
