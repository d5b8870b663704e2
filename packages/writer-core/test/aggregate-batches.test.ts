import {
  type AggregateQuery,
  batchFromRows,
  type ColumnDefinition,
  call,
  column,
  eq,
  type GroupKey,
  gt,
  type Measure,
} from '@forge/writer-core'
import { aggregateBatches } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'name', type: 'string', nullable: true },
  { name: 'rows', type: 'int64', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
]

type Row = Readonly<Record<string, unknown>>

/** Aggregates the rows with one batch per row, so that figures carry over from batch to batch. */
async function aggregate(rows: readonly Row[], query: AggregateQuery) {
  const batches = rows.map((row) => batchFromRows(COLUMNS, [row]))
  return aggregateBatches(batches, query, COLUMNS)
}

type Unnamed<Named> = Named extends Measure ? Omit<Named, 'as'> : never

async function figure(rows: readonly Row[], measure: Unnamed<Measure>): Promise<unknown> {
  const [found] = await aggregate(rows, { measures: [{ ...measure, as: 'figure' } as Measure] })
  return found?.figure
}

const secs = (...values: (number | null)[]) => values.map((value) => ({ secs: value }))
const of = column('secs')

test('count counts rows or values, and countDistinct counts distinct values', async () => {
  const rows = secs(1, null, 1, Number.NaN, Number.NaN, 0, -0)
  expect(await figure(rows, { fn: 'count' })).toBe(7)
  expect(await figure(rows, { fn: 'count', of })).toBe(6)
  expect(await figure(rows, { fn: 'countDistinct', of })).toBe(3)
})

test('countDistinct counts distinct tuples and ignores those with a null', async () => {
  const rows = [
    { name: 'a', rows: 1 },
    { name: 'a', rows: 1 },
    { name: 'a', rows: null },
    { name: 'a","b', rows: 1 },
    { name: null, rows: 1 },
  ]
  expect(await figure(rows, { fn: 'countDistinct', of: [column('name'), column('rows')] })).toBe(2)
})

test('without values figures are null and counts are 0', async () => {
  const fns = ['sum', 'avg', 'min', 'max', 'stddev', 'variance', 'mad'] as const
  for (const fn of fns) expect(await figure(secs(null), { fn, of })).toBe(null)
  expect(await figure([], { fn: 'quantile', of, q: 0.5 })).toBe(null)
  expect(await figure([], { fn: 'argMax', of, by: of })).toBe(null)
  expect(await figure([{}], { fn: 'any', of: column('ok') })).toBe(null)
  expect(await figure([{}], { fn: 'all', of: column('ok') })).toBe(null)
  expect(await figure([], { fn: 'count' })).toBe(0)
  expect(await figure([], { fn: 'countDistinct', of })).toBe(0)
})

test('sums of whole numbers are exact before they become doubles', async () => {
  const most = 2n ** 63n - 1n
  const rows = [{ rows: most }, { rows: most }, { rows: -most }, { rows: 1 - Number(2n ** 52n) }]
  expect(await figure(rows, { fn: 'sum', of: column('rows') })).toBe(Number(most + 1n - 2n ** 52n))
  expect(await figure(secs(0.5, 0.25), { fn: 'sum', of })).toBe(0.75)
  expect(await figure(secs(1, 2, 6), { fn: 'avg', of })).toBe(3)
})

test('standard deviations are those of a sample and stay accurate for a large mean', async () => {
  const shifted = secs(1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16)
  expect(await figure(shifted, { fn: 'variance', of })).toBeCloseTo(30, 6)
  expect(await figure(shifted, { fn: 'stddev', of })).toBeCloseTo(Math.sqrt(30), 6)
  expect(await figure(secs(1), { fn: 'variance', of })).toBe(null)
  await expect(figure(secs(1, Number.NaN), { fn: 'stddev', of })).rejects.toMatchObject({ code: 'SCHEMA' })
})

test('quantiles interpolate between two values, and mad is not scaled', async () => {
  expect(await figure(secs(10, 20, 30, 40), { fn: 'quantile', of, q: 0.5 })).toBe(25)
  expect(await figure(secs(10, 20, 30, 40), { fn: 'quantile', of, q: 0.25 })).toBe(17.5)
  expect(await figure(secs(10, 20, 30), { fn: 'quantile', of, q: 1 })).toBe(30)
  expect(await figure(secs(1, 1, 2, 2, 4, 6, 9), { fn: 'mad', of })).toBe(1)
})

test('min and max also work for text and times, and NaN is the greatest number', async () => {
  expect(await figure(secs(1, Number.NaN, 5), { fn: 'max', of })).toBe(Number.NaN)
  expect(await figure(secs(1, Number.NaN, 5), { fn: 'min', of })).toBe(1)
  expect(await figure([{ name: '\uffff' }, { name: '🎉' }], { fn: 'max', of: column('name') })).toBe('🎉')
  const times = [{ at: '2024-01-01T00:00:00.000001Z' }, { at: '2024-01-01T00:00:00Z' }]
  expect(await figure(times, { fn: 'max', of: column('at') })).toBe('2024-01-01T00:00:00.000001Z')
})

test('argMax and argMin may return a null', async () => {
  const rows = [
    { name: 'a', rows: 1 },
    { name: null, rows: 3 },
    { name: 'c', rows: null },
    { name: 'b', rows: 2 },
  ]
  const by = column('rows')
  expect(await figure(rows, { fn: 'argMax', of: column('name'), by })).toBe(null)
  expect(await figure(rows, { fn: 'argMin', of: column('name'), by })).toBe('a')
})

test('any and all ignore nulls', async () => {
  const flags = (...values: (boolean | null)[]) => values.map((ok) => ({ ok }))
  expect(await figure(flags(null, false, true), { fn: 'any', of: column('ok') })).toBe(true)
  expect(await figure(flags(null, true), { fn: 'all', of: column('ok') })).toBe(true)
  expect(await figure(flags(true, false), { fn: 'all', of: column('ok') })).toBe(false)
})

test('a measure counts only rows that match its condition', async () => {
  const rows = secs(1, 5, null)
  const [found] = await aggregate(rows, {
    measures: [
      { as: 'all', fn: 'count' },
      { as: 'long', fn: 'count', where: gt('secs', 2) },
      { as: 'none', fn: 'sum', of, where: gt('secs', 9) },
    ],
  })
  expect(found).toEqual({ all: 3, long: 1, none: null })
})

test('equal values form one group, and null is a group', async () => {
  const rows = secs(0, -0, Number.NaN, Number.NaN, null, null)
  const found = await aggregate(rows, { groupBy: [{ as: 'secs', by: of }], measures: [{ as: 'n', fn: 'count' }] })
  expect(found).toEqual([
    { secs: 0, n: 2 },
    { secs: Number.NaN, n: 2 },
    { secs: null, n: 2 },
  ])
})

test('groups of several keys are kept apart', async () => {
  const rows = [
    { name: 'a\0sb', rows: 1 },
    { name: 'a', rows: 1 },
    { name: 'A', rows: 1 },
  ]
  const groupBy = [
    { as: 'name', by: call('lower', 'name') },
    { as: 'rows', by: column('rows') },
  ]
  const measures: Measure[] = [{ as: 'n', fn: 'count' }]
  expect(await aggregate(rows, { groupBy, measures, orderBy: [{ column: 'n' }] })).toEqual([
    { name: 'a\0sb', rows: 1, n: 1 },
    { name: 'a', rows: 1, n: 2 },
  ])
})

test('without rows there is one group without keys, and no group with keys', async () => {
  const measures: Measure[] = [{ as: 'n', fn: 'count' }]
  expect(await aggregate([], { measures })).toEqual([{ n: 0 }])
  expect(await aggregate(secs(1), { measures, where: gt('secs', 5) })).toEqual([{ n: 0 }])
  expect(await aggregate([], { measures, groupBy: [{ as: 'name', by: column('name') }] })).toEqual([])
})

test('a query can count the output of another one', async () => {
  const rows = [
    { name: 'a', ok: true },
    { name: 'a', ok: false },
    { name: 'b', ok: true },
  ]
  const runs: AggregateQuery = {
    groupBy: [{ as: 'run', by: column('name') }],
    measures: [{ as: 'ok', fn: 'all', of: column('ok') }],
  }
  const measures: Measure[] = [
    { as: 'runs', fn: 'count' },
    { as: 'good', fn: 'count', where: eq('ok', true) },
  ]
  expect(await aggregate(rows, { from: runs, measures })).toEqual([{ runs: 2, good: 1 }])
})

test('groups have the requested order and number', async () => {
  const rows = [{ name: 'b', rows: 1 }, { name: 'a', rows: 2 }, { name: 'c' }]
  const query: AggregateQuery = {
    groupBy: [{ as: 'name', by: column('name') }],
    measures: [{ as: 'sum', fn: 'sum', of: column('rows') }],
    orderBy: [{ column: 'sum', descending: true }],
  }
  expect((await aggregate(rows, query)).map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  expect(await aggregate(rows, { ...query, limit: 1 })).toEqual([{ name: 'a', sum: 2 }])
})

type TimeKey = { bucket: 'hour' | 'day' | 'week' | 'month' } | { part: 'hourOfDay' | 'dayOfWeek' | 'dayOfMonth' }

async function keyOf(at: string, key: TimeKey, timeZone?: string): Promise<unknown> {
  const groupKey = { as: 'key', of: 'at', ...key, ...(timeZone && { timeZone }) } as GroupKey
  const [found] = await aggregate([{ at }], { groupBy: [groupKey], measures: [{ as: 'n', fn: 'count' }] })
  return found?.key
}

test.each<[string, TimeKey, string | undefined, unknown]>([
  ['2024-03-31T10:59:59.999999Z', { bucket: 'hour' }, 'Asia/Kathmandu', '2024-03-31T10:00:00.000000Z'],
  ['2024-03-31T10:00:00Z', { bucket: 'day' }, undefined, '2024-03-31T00:00:00.000000Z'],
  // In Berlin the clocks go forward on March 31st at 01:00 UTC, and back on October 27th.
  ['2024-03-31T21:59:59Z', { bucket: 'day' }, 'Europe/Berlin', '2024-03-30T23:00:00.000000Z'],
  ['2024-03-31T22:00:00Z', { bucket: 'day' }, 'Europe/Berlin', '2024-03-31T22:00:00.000000Z'],
  ['2024-10-27T22:59:59Z', { bucket: 'day' }, 'Europe/Berlin', '2024-10-26T22:00:00.000000Z'],
  ['2024-11-03T22:00:00Z', { bucket: 'week' }, 'Europe/Berlin', '2024-10-27T23:00:00.000000Z'],
  ['2024-11-15T22:00:00Z', { bucket: 'month' }, 'Europe/Berlin', '2024-10-31T23:00:00.000000Z'],
  // In Brazil this day began at 01:00; in Cuba midnight occurs twice.
  ['2017-10-15T12:00:00Z', { bucket: 'day' }, 'America/Sao_Paulo', '2017-10-15T03:00:00.000000Z'],
  ['2024-11-03T12:00:00Z', { bucket: 'day' }, 'America/Havana', '2024-11-03T04:00:00.000000Z'],
  ['2011-12-31T12:00:00Z', { bucket: 'month' }, 'Pacific/Apia', '2011-12-31T10:00:00.000000Z'],
  ['1969-12-31T23:59:59.999999Z', { bucket: 'week' }, 'UTC', '1969-12-29T00:00:00.000000Z'],
  ['9999-12-31T23:59:59.999999Z', { bucket: 'hour' }, undefined, '9999-12-31T23:00:00.000000Z'],
  ['2024-03-31T01:30:00Z', { part: 'hourOfDay' }, 'Europe/Berlin', 3],
  ['2024-03-31T01:30:00Z', { part: 'dayOfWeek' }, undefined, 7],
  ['2024-03-31T22:30:00Z', { part: 'dayOfWeek' }, 'Europe/Berlin', 1],
  ['2024-03-31T22:30:00Z', { part: 'dayOfMonth' }, 'Europe/Berlin', 1],
])('%s belongs to the expected %o in the zone %s', async (at, key, timeZone, start) => {
  expect(await keyOf(at, key, timeZone)).toBe(start)
})

test.each<[string, AggregateQuery, string]>([
  ['no key and no measure', { measures: [] }, 'CONFIGURATION'],
  ['a share beyond 1', { measures: [{ as: 'q', fn: 'quantile', of, q: 1.5 }] }, 'CONFIGURATION'],
  [
    'an unknown zone',
    { groupBy: [{ as: 'd', bucket: 'day', of: 'at', timeZone: 'Moon' }], measures: [] },
    'CONFIGURATION',
  ],
  ['a bucket of text', { groupBy: [{ as: 'd', bucket: 'day', of: 'name' }], measures: [] }, 'SCHEMA'],
  ['a sum of text', { measures: [{ as: 's', fn: 'sum', of: column('name') }] }, 'SCHEMA'],
  ['any of numbers', { measures: [{ as: 's', fn: 'any', of }] }, 'SCHEMA'],
  ['an unknown column', { measures: [{ as: 's', fn: 'sum', of: column('x') }] }, 'SCHEMA'],
  [
    'an order by a name that is not an output',
    { measures: [{ as: 's', fn: 'count' }], orderBy: [{ column: 'secs' }] },
    'SCHEMA',
  ],
  ['a negative limit', { measures: [{ as: 's', fn: 'count' }], limit: -1 }, 'CONFIGURATION'],
  ['countDistinct without expressions', { measures: [{ as: 's', fn: 'countDistinct', of: [] }] }, 'CONFIGURATION'],
])('%s is rejected', async (_what, query, code) => {
  await expect(aggregate([], query)).rejects.toMatchObject({ code })
})

test('an aborted aggregate stops, also inside another one', async () => {
  const signal = AbortSignal.abort()
  const measures: Measure[] = [{ as: 'n', fn: 'count' }]
  await expect(aggregate(secs(1), { measures, signal })).rejects.toMatchObject({ name: 'AbortError' })
  await expect(aggregate(secs(1), { from: { measures }, measures, signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
})
