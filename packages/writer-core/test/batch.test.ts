import type { ColumnDefinition } from '@forge/writer-core'
import { batchFromRows, batchRows, isWriterError } from '@forge/writer-core'
import { concatBatches, takeRows, vectorOf } from '@forge/writer-core/storage'
import fc from 'fast-check'
import { expect, test } from 'vitest'

const COLUMNS: ColumnDefinition[] = [
  { name: 'name', type: 'string', nullable: true },
  { name: 'count', type: 'int64', nullable: true },
  { name: 'share', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'more', type: 'json', nullable: true },
]

const row = fc.record({
  name: fc.option(fc.string({ unit: 'grapheme' })),
  count: fc.option(
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => (Number.isSafeInteger(Number(n)) ? Number(n) : n)),
  ),
  // Adding 0 removes the sign of zeros.
  share: fc.option(fc.double().map((value) => value + 0)),
  ok: fc.option(fc.boolean()),
  at: fc.option(
    fc
      .date({ min: new Date('0001-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => `${date.toISOString().slice(0, -1)}123Z`),
  ),
  more: fc.option(fc.json()),
})

test('rows are read from a batch as they were put in', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 200 }), (rows) => {
      expect([...batchRows(batchFromRows(COLUMNS, rows))]).toEqual(rows)
    }),
  )
})

test('takeRows and concatBatches return the expected rows', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 50 }), fc.array(fc.nat()), (rows, picks) => {
      const indices = picks.map((pick) => pick % rows.length)
      const batch = batchFromRows(COLUMNS, rows)
      const taken = takeRows(batch, indices)
      expect([...batchRows(taken)]).toEqual(indices.map((index) => rows[index]))
      expect([...batchRows(concatBatches([batch, taken]))]).toEqual([...rows, ...indices.map((index) => rows[index])])
    }),
  )
})

test('text that repeats is stored as dictionary codes, other text as plain values', () => {
  const columns: ColumnDefinition[] = [{ name: 'id', type: 'string', nullable: false }]
  const repeating = Array.from({ length: 5000 }, (_, index) => ({ id: `run-${index % 10}` }))
  const unique = Array.from({ length: 5000 }, (_, index) => ({ id: `run-${index}` }))
  expect(vectorOf(batchFromRows(columns, repeating), 'id')?.kind).toBe('dictionary')
  expect(vectorOf(batchFromRows(columns, unique), 'id')?.kind).toBe('text')
  expect([...batchRows(batchFromRows(columns, unique))]).toEqual(unique)
})

test.each([
  ['count', 2 ** 53],
  ['count', 2n ** 63n],
  ['count', 1.5],
  ['name', 'a\ud800'],
  ['at', '2024-01-01T00:00:00'],
  ['at', '2024-02-30T00:00:00Z'],
  ['at', new Date(Number.NaN)],
  ['more', '{'],
  ['ok', 1],
])('a value that %s cannot hold is reported with its row', (field, value) => {
  try {
    batchFromRows(COLUMNS, [{}, { [field]: value }])
    expect.unreachable()
  } catch (error) {
    if (!isWriterError(error, 'VALIDATION')) throw error
    expect(error.context.problems).toMatchObject([{ row: 1, field }])
  }
})

test('offsets, short zones and nanoseconds are parsed', () => {
  const columns: ColumnDefinition[] = [{ name: 'at', type: 'timestamp', nullable: false }]
  const texts = ['2024-01-01T12:00:00.1234567+02:00', '2024-01-01 10:00:00.123456+00', '2024-01-01T10:00:00.123456Z']
  const rows = [
    ...batchRows(
      batchFromRows(
        columns,
        texts.map((at) => ({ at })),
      ),
    ),
  ]
  expect(new Set(rows.map(({ at }) => at))).toEqual(new Set(['2024-01-01T10:00:00.123456Z']))
})
