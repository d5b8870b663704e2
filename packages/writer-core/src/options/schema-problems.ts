import type { z } from 'zod'
import { type OptionProblem, unknownOption } from './assert-options.ts'

export interface SchemaNames {
  /** The names of all options, for suggestions. */
  readonly names: readonly string[]
  /** The word for an option in messages. Default `option`. */
  readonly what?: string | undefined
  /** Returns whether the value of an issue could be a secret, so that it is not shown. Default: never. */
  readonly isSecret?: ((issue: z.core.$ZodIssue) => boolean) | undefined
}

const MAX_VALUE_CHARACTERS = 100

/** Returns the issues that a zod schema found in options as problems of the options. */
export function schemaProblems(
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
  { names, what = 'option', isSecret = () => false }: SchemaNames,
): OptionProblem[] {
  return issues.flatMap((issue): OptionProblem[] => {
    const path = issue.path.join('.')
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => {
        const problem = unknownOption(key, names, what)
        return { ...problem, setting: path === '' ? problem.setting : `${path}.${problem.setting}` }
      })
    }
    const setting = path || `${what}s`
    const value = issue.path.reduce<unknown>(
      (inner, key) => (typeof inner === 'object' && inner !== null ? Reflect.get(inner, key) : undefined),
      input,
    )
    if (value === undefined) return [{ setting, problem: 'is required' }]
    const problem = problemText(issue)
    return [isSecret(issue) ? { setting, problem } : { setting, problem, value: valueText(value) }]
  })
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  int: 'a whole number',
  array: 'a list',
  object: 'an object',
  boolean: 'true or false',
}

/** Returns the issue as the rest of a sentence that begins with the name of the option. */
function problemText(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${TYPE_NAMES[issue.expected] ?? `a ${issue.expected}`}`
    case 'invalid_value':
      return `must be one of ${issue.values.join(', ')}`
    case 'too_small':
      return limitText(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum)
    case 'too_big':
      return limitText(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum)
    default:
      return issue.message
  }
}

function limitText(origin: string, word: string, limit: number | bigint): string {
  if (origin === 'string') return `must have ${word} ${limit} characters`
  return origin === 'array' ? `must have ${word} ${limit} items` : `must be ${word} ${limit}`
}

function valueText(value: unknown): string {
  try {
    return String(JSON.stringify(value)).slice(0, MAX_VALUE_CHARACTERS)
  } catch {
    // A bigint, a circle, or nested too deeply. An object may refuse even to be text.
    return typeof value === 'bigint' ? `${value}`.slice(0, MAX_VALUE_CHARACTERS) : typeof value
  }
}
