import { expect, test } from 'vitest'
import type { AddFile } from '../src/actions/actions.ts'
import { liveRows } from '../src/stats/parsed-stats.ts'

const file = (stats: string | null, more: Partial<AddFile> = {}): AddFile => ({
  path: 'a.parquet',
  partitionValues: {},
  size: 1,
  modificationTime: 0,
  dataChange: true,
  stats,
  ...more,
})

test.each([
  ['{"numRecords":7,"minValues":{"numRecords":1}}', 7],
  [' { "numRecords" : 7 }', 7],
  ['{"minValues":{"numRecords":1},"numRecords":7}', 7],
  ['{"minValues":{"numRecords":1}}', undefined],
  ['{"numRecords":7.5}', undefined],
  ['{"numRecords":"7"}', 7],
  ['{"numRecords":null}', undefined],
  ['{"numRecords":7,"minValues":{"a":', undefined],
  ['', undefined],
  [null, undefined],
])('the rows of a file whose statistics are %s are %s', (stats, rows) => {
  expect(liveRows(file(stats))).toBe(rows)
})

test('rows that a deletion vector marks are not counted', () => {
  const deletionVector = { storageType: 'u', pathOrInlineDv: 'x', sizeInBytes: 1, cardinality: 2 } as const
  expect(liveRows(file('{"numRecords":7}', { deletionVector }))).toBe(5)
})
