import { expect, test } from 'vitest'
import { judgeSights } from '../src/watch.ts'

const VERSIONS = [
  [0, 3],
  [1, 5],
  [2, 4],
] as const

test('a reader that sees whole versions in order sees nothing wrong', () => {
  const sights = [
    { version: 0, rowCount: 3, rowsRead: 3 },
    { version: 0, rowCount: 3 },
    { version: 2, rowCount: 4, rowsRead: 4 },
  ]
  expect(judgeSights(sights, VERSIONS, false)).toEqual([])
})

test.each([
  ['a part of a commit that is counted', [{ version: 1, rowCount: 4 }]],
  ['a part of a commit that is read', [{ version: 1, rowCount: 5, rowsRead: 4 }]],
  [
    'an older version after a newer one',
    [
      { version: 2, rowCount: 4 },
      { version: 1, rowCount: 5 },
    ],
  ],
  ['an error', [{ code: 'TABLE', message: 'a file of the table is missing' }]],
])('%s is a problem', (_name, sights) => {
  expect(judgeSights(sights, VERSIONS, false)).toHaveLength(1)
})

test('a store that cannot be reached may stop a reader, but only by a typed error', () => {
  expect(judgeSights([{ code: 'TABLE', message: 'no answer' }], VERSIONS, true)).toEqual([])
  expect(judgeSights([{ code: 'UNTYPED', message: 'x is undefined' }], VERSIONS, true)).toHaveLength(1)
})
