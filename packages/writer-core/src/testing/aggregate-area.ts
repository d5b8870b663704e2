import { expect, test } from 'vitest'
import { column, eq, gt } from '../predicate/build.ts'
import { type Bench, rowsOf } from './storage-under-test.ts'

const ROWS = [
  { id: 1, name: 'a', secs: 1, ok: true, at: '2024-03-30T23:30:00Z' },
  { id: 2, name: 'a', secs: 3, ok: false, at: '2024-03-31T00:30:00Z' },
  { id: 3, name: 'b', secs: 5, ok: true, at: '2024-03-31T22:30:00Z' },
  { id: 4, name: 'b', ok: true, at: '2024-10-27T00:30:00Z' },
  { id: 5, secs: 2, at: '2024-10-27T01:30:00Z' },
] as const
const secs = column('secs')

export function testAggregates(bench: Bench): void {
  async function fillTable() {
    const table = await bench.table()
    await table.append(rowsOf(...ROWS), { batchId: 'a' })
    return table
  }

  test('figures ignore nulls, as in SQL', async () => {
    const table = await fillTable()
    const [figures] = await table.aggregate({
      measures: [
        { as: 'rows', fn: 'count' },
        { as: 'values', fn: 'count', of: secs },
        { as: 'names', fn: 'countDistinct', of: column('name') },
        { as: 'pairs', fn: 'countDistinct', of: [column('name'), column('ok')] },
        { as: 'hashedPairs', fn: 'countDistinct', of: [column('name'), column('ok')], hashed: true },
        { as: 'sum', fn: 'sum', of: secs },
        { as: 'avg', fn: 'avg', of: secs },
        { as: 'min', fn: 'min', of: column('at') },
        { as: 'max', fn: 'max', of: column('name') },
        { as: 'median', fn: 'quantile', of: secs, q: 0.5 },
        { as: 'p90', fn: 'quantile', of: secs, q: 0.9 },
        { as: 'mad', fn: 'mad', of: secs },
        { as: 'any', fn: 'any', of: column('ok') },
        { as: 'all', fn: 'all', of: column('ok') },
        { as: 'last', fn: 'argMax', of: secs, by: column('at') },
        { as: 'first', fn: 'argMin', of: column('name'), by: column('at') },
        { as: 'big', fn: 'count', where: gt('secs', 2) },
      ],
    })
    expect(figures).toEqual({
      rows: 5,
      values: 4,
      names: 2,
      pairs: 3,
      hashedPairs: 3,
      sum: 11,
      avg: 2.75,
      min: '2024-03-30T23:30:00.000000Z',
      max: 'b',
      median: 2.5,
      p90: expect.closeTo(4.4, 9),
      mad: 1,
      any: true,
      all: false,
      last: 2,
      first: 'a',
      big: 2,
    })
  })

  test('standard deviation and variance are those of a sample', async () => {
    const table = await fillTable()
    const spread = {
      measures: [
        { as: 'sd', fn: 'stddev', of: secs },
        { as: 'var', fn: 'variance', of: secs },
      ],
    } as const
    const [all] = await table.aggregate(spread)
    expect(all?.var).toBeCloseTo(2.9166666666, 8)
    expect(all?.sd).toBeCloseTo(Math.sqrt(2.9166666666), 8)
    expect(await table.aggregate({ ...spread, where: eq('id', 1) })).toEqual([{ sd: null, var: null }])
  })

  test('without keys there is one group, even without rows', async () => {
    const table = await fillTable()
    const figures = await table.aggregate({
      where: gt('id', 100),
      measures: [
        { as: 'n', fn: 'count' },
        { as: 'sum', fn: 'sum', of: secs },
        { as: 'any', fn: 'any', of: column('ok') },
      ],
    })
    expect(figures).toEqual([{ n: 0, sum: null, any: null }])
    const grouped = { where: gt('id', 100), groupBy: [{ as: 'k', by: column('name') }], measures: [] }
    expect(await table.aggregate(grouped)).toEqual([])
  })

  test('groups are ordered and limited by output names, and null is a group', async () => {
    const table = await fillTable()
    const query = {
      groupBy: [{ as: 'key', by: column('name') }],
      measures: [{ as: 'n', fn: 'count' }],
      orderBy: [{ column: 'n', descending: true }, { column: 'key' }],
    } as const
    const all = [
      { key: 'a', n: 2 },
      { key: 'b', n: 2 },
      { key: null, n: 1 },
    ]
    expect(await table.aggregate(query)).toEqual(all)
    expect(await table.aggregate({ ...query, limit: 1 })).toEqual(all.slice(0, 1))
  })

  test('an aggregate can aggregate the output of another one', async () => {
    const table = await fillTable()
    const runs = await table.aggregate({
      from: { groupBy: [{ as: 'k', by: column('name') }], measures: [{ as: 'ok', fn: 'all', of: column('ok') }] },
      measures: [
        { as: 'runs', fn: 'count' },
        { as: 'good', fn: 'count', where: eq('ok', true) },
      ],
    })
    expect(runs).toEqual([{ runs: 3, good: 1 }])
  })

  test.each([
    [
      'day',
      'Europe/Berlin',
      ['2024-03-30T23:00:00.000000Z', '2024-03-31T22:00:00.000000Z', '2024-10-26T22:00:00.000000Z'],
    ],
    ['day', 'UTC', ['2024-03-30T00:00:00.000000Z', '2024-03-31T00:00:00.000000Z', '2024-10-27T00:00:00.000000Z']],
    ['week', 'UTC', ['2024-03-25T00:00:00.000000Z', '2024-10-21T00:00:00.000000Z']],
    ['month', 'America/New_York', ['2024-03-01T05:00:00.000000Z', '2024-10-01T04:00:00.000000Z']],
    [
      'hour',
      'Asia/Kathmandu',
      [
        '2024-03-30T23:00:00.000000Z',
        '2024-03-31T00:00:00.000000Z',
        '2024-03-31T22:00:00.000000Z',
        '2024-10-27T00:00:00.000000Z',
        '2024-10-27T01:00:00.000000Z',
      ],
    ],
  ] as const)('buckets of a %s in %s start when the local clocks say so', async (bucket, timeZone, starts) => {
    const table = await fillTable()
    const found = await table.aggregate({
      groupBy: [{ as: 'start', bucket, of: 'at', timeZone }],
      measures: [{ as: 'n', fn: 'count' }],
      orderBy: [{ column: 'start' }],
    })
    expect(found.map(({ start }) => start)).toEqual(starts)
  })

  test.each([
    ['Atlantic/Azores', '2024-10-27', '2024-10-27T00:00:00.000000Z', '2024-10-27T00:30:00Z'],
    ['America/Havana', '2024-11-03', '2024-11-03T04:00:00.000000Z', '2024-11-03T04:30:00Z'],
    ['Asia/Beirut', '2024-10-26', '2024-10-25T21:00:00.000000Z', '2024-10-26T21:30:00Z'],
    // Midnight does not exist on this day.
    ['America/Sao_Paulo', '2018-11-04', '2018-11-04T03:00:00.000000Z', '2018-11-04T03:00:00Z'],
    ['Africa/Cairo', '2024-04-26', '2024-04-25T22:00:00.000000Z', '2024-04-25T22:00:00Z'],
  ] as const)(
    'a day in %s whose midnight occurs twice or never (%s) starts at its first instant',
    async (timeZone, _day, start, at) => {
      const table = await bench.table()
      await table.append(rowsOf({ id: 1, at }), { batchId: 'a' })
      const found = await table.aggregate({
        groupBy: [{ as: 'start', bucket: 'day', of: 'at', timeZone }],
        measures: [{ as: 'n', fn: 'count' }],
      })
      expect(found).toEqual([{ start, n: 1 }])
    },
  )

  test('parts of a time are those of the time zone', async () => {
    const table = await fillTable()
    const parts = await table.aggregate({
      where: eq('id', 3),
      groupBy: (['hourOfDay', 'dayOfWeek', 'dayOfMonth'] as const).map((part) => ({
        as: part,
        part,
        of: 'at',
        timeZone: 'Europe/Berlin',
      })),
      measures: [],
    })
    expect(parts).toEqual([{ hourOfDay: 0, dayOfWeek: 1, dayOfMonth: 1 }])
  })

  test('sums of whole numbers are exact', async () => {
    const table = await bench.table()
    const big = 2 ** 52
    await table.append(rowsOf({ id: big }, { id: 1 }, { id: -big }), { batchId: 'a' })
    expect(await table.aggregate({ measures: [{ as: 'sum', fn: 'sum', of: column('id') }] })).toEqual([{ sum: 1 }])
  })

  test('a query that cannot be computed is rejected', async () => {
    const table = await fillTable()
    await expect(table.aggregate({ measures: [] })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const wrong = table.aggregate({ measures: [{ as: 'x', fn: 'avg', of: column('name') }] })
    await expect(wrong).rejects.toMatchObject({ code: 'SCHEMA' })
    const zone = table.aggregate({
      groupBy: [{ as: 'd', bucket: 'day', of: 'at', timeZone: 'Mars/Base' }],
      measures: [],
    })
    await expect(zone).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
}
