import { WriterConfigurationError } from '@forge/writer-core'

export interface OptionProblem {
  readonly setting: string
  readonly problem: string
}

/** A hundred years. */
const MOST_DAYS = 36_600

/** Throws one WriterConfigurationError for all that is wrong; what is undefined is no problem. */
export function assertOptions(found: readonly (OptionProblem | undefined)[]): void {
  const problems = found.filter((each) => each !== undefined)
  if (problems.length > 0) throw invalidOptions(problems)
}

/** One error for several wrong options. */
export function invalidOptions(problems: readonly OptionProblem[]): WriterConfigurationError {
  const text = problems.map(({ setting, problem }) => `${setting}: ${problem}`).join('; ')
  return new WriterConfigurationError(`invalid options of anomaly detection: ${text}`, {
    context: { problems },
    suggestions: ['Correct the options named above; the README of @forge/writer-anomaly lists each with its range.'],
    committed: 'no',
  })
}

/** A problem where days are given and are no number above 0, up to a hundred years. */
export function daysProblem(setting: string, days: number | undefined): OptionProblem | undefined {
  if (days === undefined || (days > 0 && days <= MOST_DAYS)) return undefined
  return { setting, problem: `must be a number above 0, up to ${MOST_DAYS}` }
}

/** A problem where hours are given and are no number of at least 0, up to a hundred years. */
export function hoursProblem(setting: string, hours: number | undefined): OptionProblem | undefined {
  const most = MOST_DAYS * 24
  if (hours === undefined || (hours >= 0 && hours <= most)) return undefined
  return { setting, problem: `must be a number from 0 to ${most}` }
}

/** A problem where a time is given and is none. */
export function timeProblem(setting: string, time: Date | undefined): OptionProblem | undefined {
  return time === undefined || !Number.isNaN(time.getTime()) ? undefined : { setting, problem: 'is no time' }
}
