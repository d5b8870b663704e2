import { LOG_COLUMNS } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { logCells, readLogFields } from '../src/encode/log-fields.ts'

test('every field of the log is read into its own column', () => {
  const cells = logCells()
  readLogFields(Object.fromEntries(LOG_COLUMNS.map(({ name }) => [name, name])), cells, 0)
  expect(Object.entries(cells)).toEqual(LOG_COLUMNS.map(({ name }) => [name, [name]]))
})
