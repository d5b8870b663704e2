import { UsageError } from './usage-error.ts'

/** One option of a command. Its long name is its key in kebab-case. */
export interface OptionSpec<Value> {
  readonly description: string
  /** The short name, such as `n` for `-n`. */
  readonly short?: string | undefined
  /** The placeholder of the value in the help. An option without one is a switch. */
  readonly value?: string | undefined
  readonly default?: Value | undefined
  readonly choices?: readonly string[] | undefined
  /** True if the option may be given several times. */
  readonly repeatable?: boolean | undefined
  /** True for a switch that `--no-…` turns off. */
  readonly isNegatable?: boolean | undefined
  /** Parses the text of a value; `previous` is the value of earlier occurrences. Throws {@link UsageError} for invalid text. */
  parse?(text: string, previous: Value | undefined): Value
}

// biome-ignore lint/suspicious/noExplicitAny: options have different types, and each command infers its own
export type OptionSpecs = Readonly<Record<string, OptionSpec<any>>>

export type OptionValues<Specs extends OptionSpecs> = {
  readonly [Key in keyof Specs]: Specs[Key] extends OptionSpec<infer Value> ? Value : never
}

interface Common {
  readonly short?: string | undefined
  readonly value?: string | undefined
}

/** A switch; false if it is not given. */
export function flag(description: string, { short }: Pick<Common, 'short'> = {}): OptionSpec<boolean> {
  return { description, default: false, short }
}

/** A switch that is on, off (`--no-…`), or undefined if it is not given. */
export function toggle(description: string): OptionSpec<boolean | undefined> {
  return { description, isNegatable: true }
}

interface TextOptions extends Common {
  /** Accepts an empty text. By default it is a usage error: most often it comes from a variable that is not set. */
  readonly mayBeEmpty?: boolean | undefined
}

/** Any text that is not empty. */
export function text(description: string, options: TextOptions & { readonly default: string }): OptionSpec<string>
export function text(description: string, options?: TextOptions): OptionSpec<string | undefined>
export function text(
  description: string,
  { mayBeEmpty = false, ...options }: TextOptions & { readonly default?: string | undefined } = {},
): OptionSpec<string> {
  return { description, value: 'text', parse: mayBeEmpty ? (given) => given : notEmpty, ...options }
}

function notEmpty(given: string): string {
  if (given === '') throw new UsageError('must not be empty')
  return given
}

/** An integer. Default range: 0 and up. */
export function integer(
  description: string,
  options: Common & { readonly min?: number | undefined; readonly max?: number | undefined; readonly default: number },
): OptionSpec<number>
export function integer(
  description: string,
  options?: Common & { readonly min?: number | undefined; readonly max?: number | undefined },
): OptionSpec<number | undefined>
export function integer(
  description: string,
  options: Common & {
    readonly min?: number | undefined
    readonly max?: number | undefined
    readonly default?: number | undefined
  } = {},
): OptionSpec<number> {
  return number(description, { ...options, whole: true } as Parameters<typeof number>[1] & { default: number })
}

/** A number. Default range: 0 and up. */
export function number(
  description: string,
  options: Common & {
    readonly min?: number | undefined
    readonly max?: number | undefined
    readonly whole?: boolean | undefined
    readonly default: number
  },
): OptionSpec<number>
export function number(
  description: string,
  options?: Common & {
    readonly min?: number | undefined
    readonly max?: number | undefined
    readonly whole?: boolean | undefined
  },
): OptionSpec<number | undefined>
export function number(
  description: string,
  {
    min = 0,
    max = Number.MAX_SAFE_INTEGER,
    whole = false,
    ...options
  }: Common & {
    readonly min?: number | undefined
    readonly max?: number | undefined
    readonly whole?: boolean | undefined
    readonly default?: number | undefined
  } = {},
): OptionSpec<number> {
  const parse = (given: string) => {
    const value = given.trim() === '' ? Number.NaN : Number(given)
    if (!Number.isFinite(value) || value < min || value > max || (whole && !Number.isInteger(value))) {
      const range = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`
      throw new UsageError(`must be a ${whole ? 'whole number' : 'number'} ${range}`)
    }
    return value
  }
  return { description, value: 'n', parse, ...options }
}

/** One of several words. */
export function choice<const Word extends string>(
  choices: readonly Word[],
  description: string,
  options: Common & { readonly default: NoInfer<Word> },
): OptionSpec<Word>
export function choice<const Word extends string>(
  choices: readonly Word[],
  description: string,
  options?: Common,
): OptionSpec<Word | undefined>
export function choice<const Word extends string>(
  choices: readonly Word[],
  description: string,
  options: Common & { readonly default?: Word | undefined } = {},
): OptionSpec<Word> {
  const parse = (given: string) => {
    const found = choices.find((word) => word === given)
    if (found === undefined) throw new UsageError(`must be one of ${choices.join(', ')}`)
    return found
  }
  return { description, value: 'word', choices, parse, ...options }
}

/** A list separated by commas; may be given several times. Undefined if it is not given; an empty list is a usage error. */
export function list(description: string, options: Common = {}): OptionSpec<readonly string[] | undefined> {
  const parse = (given: string, previous: readonly string[] | undefined) => {
    const words = given
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '')
    if (words.length === 0) throw new UsageError('must not be empty')
    return [...(previous ?? []), ...words]
  }
  return { description, value: 'list', repeatable: true, parse, ...options }
}

/** A text that may be given several times; commas are part of it. Empty if it is not given; an empty text is a usage error. */
export function repeatable(description: string, options: Common = {}): OptionSpec<readonly string[]> {
  const parse = (given: string, previous: readonly string[] | undefined) => [...(previous ?? []), notEmpty(given)]
  return { description, value: 'text', repeatable: true, default: [], parse, ...options }
}
