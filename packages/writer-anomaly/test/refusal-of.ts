import { expect } from 'vitest'

/** Matches the error that refuses exactly these settings of detection. */
export function refusalOf(...settings: readonly string[]): Error {
  const problems = settings.map((setting) => expect.objectContaining({ setting }))
  return expect.objectContaining({ code: 'CONFIGURATION', context: expect.objectContaining({ problems }) })
}
