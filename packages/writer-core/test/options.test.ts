import { isWriterError } from '@forge/writer-core'
import { assertOptions, type OptionProblem, option } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'

interface Options {
  readonly limit?: number | undefined
  readonly share?: number | undefined
  readonly days?: number | undefined
  readonly mode?: 'fast' | 'exact' | undefined
  readonly path: string
  readonly since?: Date | undefined
  readonly columns?: readonly string[] | undefined
  readonly isQuiet?: boolean | undefined
  readonly now?: (() => Date) | undefined
  readonly at?: Date | string | undefined
}

const CHECKS = {
  limit: option.whole({ min: 1, max: 10 }),
  share: option.number({ min: 0, below: 1 }),
  days: option.number({ above: 0 }),
  mode: option.oneOf(['fast', 'exact']),
  path: option.required(option.text),
  since: option.date,
  columns: option.list(option.text),
  isQuiet: option.flag,
  now: option.clock,
  at: option.time,
}

function problemsOf(options: unknown): readonly OptionProblem[] {
  try {
    assertOptions<Options>('doWork', options as Options, CHECKS)
    return []
  } catch (error) {
    if (!isWriterError(error, 'CONFIGURATION')) throw error
    expect(error).toMatchObject({ committed: 'no', suggestions: [expect.any(String)] })
    return error.context.problems as readonly OptionProblem[]
  }
}

test.each<[string, unknown]>([
  ['limit', 1],
  ['limit', 10],
  ['limit', undefined],
  ['share', 0],
  ['share', 0.999],
  ['days', Number.POSITIVE_INFINITY],
  ['days', 0.001],
  ['mode', 'exact'],
  ['since', new Date(0)],
  ['columns', []],
  ['columns', ['a']],
  ['isQuiet', false],
  ['now', () => new Date(0)],
  ['at', new Date(0)],
  ['at', '2024-01-31T08:00:00Z'],
])('accepts %s: %o', (name, value) => {
  expect(problemsOf({ path: 'x', [name]: value })).toEqual([])
})

test.each<[string, unknown]>([
  ['limit', 0],
  ['limit', 11],
  ['limit', 1.5],
  ['limit', '3'],
  ['limit', null],
  ['limit', Number.NaN],
  ['share', 1],
  ['share', -0.1],
  ['share', Number.POSITIVE_INFINITY],
  ['days', 0],
  ['days', Number.NaN],
  ['mode', 'slow'],
  ['path', ''],
  ['path', undefined],
  ['since', new Date(Number.NaN)],
  ['since', '2024-01-01'],
  ['columns', 'a'],
  ['columns', ['a', '']],
  ['isQuiet', 1],
])('rejects %s: %o', (name, value) => {
  expect(problemsOf({ path: 'x', [name]: value })).toEqual([{ setting: name, problem: expect.any(String) }])
})

test('lists all problems at once, with the nearest name of an unknown option', () => {
  expect(problemsOf({ path: 'x', limt: 3, 'is-quiet': true, zzzzzzzz: 1, limit: 0 })).toEqual([
    { setting: 'limt', problem: expect.stringContaining('did you mean limit?') },
    { setting: 'is-quiet', problem: expect.stringContaining('did you mean isQuiet?') },
    { setting: 'zzzzzzzz', problem: expect.not.stringContaining('did you mean') },
    { setting: 'limit', problem: expect.any(String) },
  ])
})

test('an unknown option that is undefined is ignored', () => {
  expect(problemsOf({ path: 'x', limt: undefined })).toEqual([])
})

test.each([null, 'x', 3, []])('options must be an object: %o', (options) => {
  expect(problemsOf(options)).toEqual([{ setting: 'options', problem: expect.any(String) }])
})

test('a name as long as a book does not make a message as long', () => {
  const [problem] = problemsOf({ path: 'x', ['y'.repeat(100_000)]: 1 })
  expect(problem?.setting.length).toBeLessThan(200)
})
