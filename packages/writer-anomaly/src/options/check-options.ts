import { WriterConfigurationError } from '@forge/writer-core'

export interface OptionProblem {
  readonly setting: string
  readonly problem: string
}

/** A hundred years. */
const MAX_DAYS = 36_600

/** Throws one WriterConfigurationError that lists all problems; an undefined entry is not a problem. */
export function assertOptions(found: readonly (OptionProblem | undefined)[]): void {
  const problems = found.filter((each) => each !== undefined)
  if (problems.length > 0) throw invalidOptions(problems)
}

/** Returns one error for several invalid options. */
export function invalidOptions(problems: readonly OptionProblem[]): WriterConfigurationError {
  const text = problems.map(({ setting, problem }) => `${setting}: ${problem}`).join('; ')
  return new WriterConfigurationError(`invalid options of anomaly detection: ${text}`, {
    context: { problems },
    suggestions: ['Correct the options named above; the README of @forge/writer-anomaly lists each with its range.'],
    committed: 'no',
  })
}

/** Returns a problem if days are given and are not above 0, up to a hundred years. */
export function daysProblem(setting: string, days: number | undefined): OptionProblem | undefined {
  if (days === undefined || (days > 0 && days <= MAX_DAYS)) return undefined
  return { setting, problem: `must be a number above 0, up to ${MAX_DAYS}` }
}

/** Returns a problem if milliseconds are given and are not from 0 to a hundred years. */
export function millisecondsProblem(setting: string, milliseconds: number | undefined): OptionProblem | undefined {
  const max = MAX_DAYS * 86_400_000
  if (milliseconds === undefined || (milliseconds >= 0 && milliseconds <= max)) return undefined
  return { setting, problem: `must be a number from 0 to ${max}` }
}

/** Returns a problem if a clock is given and does not return a valid time. */
export function clockProblem(now: (() => Date) | undefined): OptionProblem | undefined {
  if (now === undefined) return undefined
  const time: unknown = typeof now === 'function' ? now() : now
  const isValid = typeof now === 'function' && time instanceof Date && !Number.isNaN(time.getTime())
  return isValid ? undefined : { setting: 'now', problem: 'must be a function that returns a valid Date' }
}
