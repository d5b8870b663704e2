/** Returns what an option must be, as the rest of a sentence that begins with its name, or undefined if the value is valid. */
export type OptionCheck = (value: unknown) => string | undefined

/** The range of a number: at least `min` or above `above`, at most `max` or below `below`. */
export interface NumberRange {
  readonly min?: number | undefined
  readonly above?: number | undefined
  readonly max?: number | undefined
  readonly below?: number | undefined
}

/** The checks of options. Every check accepts undefined, an option that is not given; `required` does not. */
export const option = {
  any: (): string | undefined => undefined,
  string: checkGiven((value) => typeof value === 'string', 'must be a string'),
  text: checkGiven((value) => typeof value === 'string' && value !== '', 'must be a non-empty string'),
  flag: checkGiven((value) => typeof value === 'boolean', 'must be true or false'),
  action: checkGiven((value) => typeof value === 'function', 'must be a function'),
  object: checkGiven((value) => typeof value === 'object' && value !== null, 'must be an object'),
  signal: checkGiven((value) => value instanceof AbortSignal, 'must be an AbortSignal'),
  date: checkGiven(isValidDate, 'must be a valid Date'),
  /** The check of a clock. Calls it once, because a clock that returns no valid time fails only much later. */
  clock: checkGiven(
    (value) => typeof value === 'function' && isValidDate(value()),
    'must be a function that returns a valid Date',
  ),
  time: checkGiven(
    (value) => isValidDate(value) || (typeof value === 'string' && isValidDate(new Date(value))),
    'must be a valid Date, or ISO 8601 text such as 2024-01-31T08:00:00Z',
  ),
  /** Creates the check of a number. */
  number: (range: NumberRange = {}): OptionCheck =>
    checkGiven((value) => typeof value === 'number' && isInRange(value, range), `must be a number${rangeText(range)}`),
  /** Creates the check of a whole number. */
  whole: (range: NumberRange = {}): OptionCheck =>
    checkGiven(
      (value) => Number.isSafeInteger(value) && isInRange(Number(value), range),
      `must be a whole number${rangeText(range)}`,
    ),
  /** Creates the check of a value that is one of a list. */
  oneOf: (allowed: readonly unknown[]): OptionCheck =>
    checkGiven((value) => allowed.includes(value), `must be one of ${allowed.join(', ')}`),
  /** Creates the check of text that matches a pattern; `expected` follows "must be". */
  pattern: (pattern: RegExp, expected: string): OptionCheck =>
    checkGiven((value) => typeof value === 'string' && pattern.test(value), `must be ${expected}`),
  /** Creates the check of a list whose items pass a check. */
  list: (item: OptionCheck): OptionCheck =>
    checkGiven(
      (value) => Array.isArray(value) && value.every((each) => item(each) === undefined),
      `must be a list, and each item ${item(null)}`,
    ),
  /** Creates the check of an option that must be given. */
  required:
    (check: OptionCheck): OptionCheck =>
    (value) =>
      value === undefined ? 'is required' : check(value),
} as const

/** Returns whether a value is an object with fields, and not a list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function checkGiven(isValid: (value: unknown) => boolean, problem: string): OptionCheck {
  return (value) => (value === undefined || isValid(value) ? undefined : problem)
}

function isValidDate(value: unknown): boolean {
  return value instanceof Date && !Number.isNaN(value.getTime())
}

function isInRange(value: number, { min, above, max, below }: NumberRange): boolean {
  if (Number.isNaN(value)) return false
  const isHighEnough = (min === undefined || value >= min) && (above === undefined || value > above)
  return isHighEnough && (max === undefined || value <= max) && (below === undefined || value < below)
}

function rangeText({ min, above, max, below }: NumberRange): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`
  const parts = [
    min !== undefined && `at least ${min}`,
    above !== undefined && `above ${above}`,
    max !== undefined && `at most ${max}`,
    below !== undefined && `below ${below}`,
  ].filter((part) => part !== false)
  if (parts.length === 0) return ''
  return min === undefined ? ` ${parts.join(' and ')}` : ` of ${parts.join(' and ')}`
}
