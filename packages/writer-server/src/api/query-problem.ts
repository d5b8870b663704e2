import { nearestNames } from '@forge/writer-core/storage'
import type { z } from 'zod'
import { createProblem, type Problem } from '../http/problem.ts'

/** Returns the problem of parameters that their schema refuses: each with what is wrong with it, unknown ones with the nearest names. */
export function queryProblem({ issues }: z.ZodError, known: readonly string[]): Problem {
  const problems = issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((parameter) => ({
        parameter: parameter.slice(0, 100),
        problem: 'is not a known parameter',
        nearest: nearestNames(parameter, known),
      }))
    }
    return [{ parameter: issue.path.join('.'), problem: plainMessage(issue.message), nearest: [] }]
  })
  const suggestions = problems.flatMap(({ parameter, nearest }) =>
    nearest.length > 0 ? [`Did you mean ${nearest.join(' or ')} instead of ${parameter}?`] : [],
  )
  return createProblem('BAD_REQUEST', problems.map(({ parameter, problem }) => `${parameter} ${problem}`).join('; '), {
    context: { problems },
    suggestions: [...suggestions, `Known parameters: ${known.join(', ')}.`],
  })
}

function plainMessage(message: string): string {
  return message.startsWith('must') || message.startsWith('is ') ? message : `is not valid: ${message}`
}
