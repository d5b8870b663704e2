import { expect, test } from 'vitest'
import { LOG_COLUMNS } from '../src/index.ts'
import { readLogFields } from '../src/log/log-fields.ts'

test('the fields are read in the order of LOG_COLUMNS', () => {
  const values: unknown[] = []
  readLogFields(Object.fromEntries(LOG_COLUMNS.map(({ name }) => [name, name])), values)
  expect(values).toEqual(LOG_COLUMNS.map(({ name }) => name))
})
