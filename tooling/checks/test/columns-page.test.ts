import { LOG_COLUMNS } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { columnsPage } from '../src/columns-page.ts'

test('docs/columns.md shows every column of the log as it is defined', async () => {
  await expect(columnsPage()).toMatchFileSnapshot('../../../docs/columns.md')
})

test('every column says what it means', () => {
  expect(LOG_COLUMNS.filter(({ description }) => !description.endsWith('.'))).toEqual([])
})
