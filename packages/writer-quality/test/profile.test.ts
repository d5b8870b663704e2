import { type ColumnDefinition, gte, type Row } from '@forge/writer-core'
import { profileLog } from '@forge/writer-quality'
import { describe, expect, test } from 'vitest'
import { storedRows } from './stored-rows.ts'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'word', type: 'string', nullable: true },
  { name: 'figure', type: 'double', nullable: true },
  { name: 'good', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'more', type: 'json', nullable: true },
]

const row = (id: number, given: Row = {}): Row => ({
  id,
  word: id % 2 === 0 ? 'even' : 'odd𝄞',
  figure: id,
  good: id % 4 === 0,
  at: `2024-01-0${(id % 3) + 1}T00:00:00.000000Z`,
  more: `{"a":${id}}`,
  ...given,
})

describe.each(['memory', 'duckdb'] as const)('%s', (storage) => {
  test('a value whose square overflows makes only the deviation null', async () => {
    const rows = [1, 2, 3].map((id) => row(id))
    await using stored = await storedRows(storage, COLUMNS, [...rows, row(4, { figure: 1e308 })])
    const { columns } = await profileLog(stored.source, { columns: ['figure', 'id'] })
    expect(columns.map(({ numbers }) => numbers)).toMatchObject([
      { mean: 2.5e307, stddev: null, quantiles: { p50: 2.5 }, notFinite: 0 },
      { mean: 2.5, stddev: Math.sqrt(5 / 3) },
    ])
  })

  test('a profile counts, orders and spreads the values of each column', async () => {
    const rows = [1, 2, 3, 4, 5].map((id) => row(id))
    await using stored = await storedRows(storage, COLUMNS, [...rows, row(6, { word: null, figure: null })])
    const { rows: count, columns, tableFqn } = await profileLog(stored.source)
    expect([tableFqn, count, columns.map(({ name }) => name)]).toEqual(['s.t', 6, COLUMNS.map(({ name }) => name)])
    const [id, word, figure, good, at, more] = columns
    expect(id).toMatchObject({ count: 6, nulls: 0, distinct: 6, min: 1, max: 6, topValues: [], numbers: { mean: 3.5 } })
    expect(word).toMatchObject({ count: 5, nulls: 1, nullShare: 1 / 6, distinct: 2, min: 'even', max: 'odd𝄞' })
    expect(word?.lengths).toEqual({ min: 4, max: 4, mean: 4 })
    expect(word?.topValues).toEqual([
      { value: 'odd𝄞', count: 3 },
      { value: 'even', count: 2 },
    ])
    expect(figure?.numbers).toMatchObject({ mean: 3, stddev: Math.sqrt(2.5), notFinite: 0 })
    expect(figure?.numbers?.quantiles).toMatchObject({ p25: 2, p50: 3, p95: 4.8 })
    expect(good).toMatchObject({
      distinct: 2,
      min: null,
      topValues: [
        { value: false, count: 5 },
        { value: true, count: 1 },
      ],
    })
    expect(at).toMatchObject({ min: '2024-01-01T00:00:00.000000Z', max: '2024-01-03T00:00:00.000000Z' })
    expect(more).toMatchObject({ distinct: 6, min: null, topValues: [] })
  })

  test('numbers that are not finite are counted, and left out of the figures', async () => {
    const figures = [1, 3, Number.NaN, Number.POSITIVE_INFINITY, null]
    await using stored = await storedRows(
      storage,
      COLUMNS,
      figures.map((figure, id) => row(id, { figure })),
    )
    const { columns } = await profileLog(stored.source, { columns: ['figure'] })
    expect(columns).toMatchObject([{ count: 4, min: 1, max: 3, numbers: { mean: 2, notFinite: 2 } }])
  })

  test('over no rows every figure is null', async () => {
    await using stored = await storedRows(storage, COLUMNS, [])
    const { rows, columns } = await profileLog(stored.source, { columns: ['figure', 'word'] })
    expect(rows).toBe(0)
    expect(columns[0]).toMatchObject({
      count: 0,
      nullShare: 0,
      distinct: 0,
      min: null,
      numbers: { mean: null, stddev: null },
    })
    expect(columns[1]).toMatchObject({ topValues: [], lengths: { min: null, mean: null } })
  })

  test('only the rows of a condition are described, with at most the given number of top values', async () => {
    await using stored = await storedRows(
      storage,
      COLUMNS,
      [1, 2, 3, 4, 5].map((id) => row(id)),
    )
    const found = await profileLog(stored.source, { columns: ['word'], where: gte('id', 3), topValues: 1 })
    expect(found).toMatchObject({ rows: 3, columns: [{ count: 3, topValues: [{ value: 'odd𝄞', count: 2 }] }] })
  })

  test('an approximate profile is close to the exact one', async () => {
    const rows = Array.from({ length: 5000 }, (_, id) => row(id, { at: null }))
    await using stored = await storedRows(storage, COLUMNS, rows)
    const { columns } = await profileLog(stored.source, { columns: ['id', 'word'], approximate: true })
    expect(Math.abs((columns[0]?.distinct ?? 0) - 5000)).toBeLessThan(800)
    expect(Math.abs((columns[0]?.numbers?.quantiles.p50 ?? 0) - 2499.5)).toBeLessThan(50)
    expect(columns[1]?.topValues.map(({ count }) => count)).toEqual([2500, 2500])
  })
})

test('columns that are not there are an error that names them', async () => {
  await using stored = await storedRows('memory', COLUMNS, [])
  const refused = profileLog(stored.source, { columns: ['word', 'nope'] })
  await expect(refused).rejects.toMatchObject({ code: 'SCHEMA', context: { missing: ['nope'] } })
  await expect(profileLog(stored.source, { topValues: -1 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
})
