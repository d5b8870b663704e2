import { expect, test } from 'vitest'
import { batchFromRows } from '../batch/rows.ts'
import type { ColumnDefinition } from '../column/column-definition.ts'
import { memoryStorage } from '../memory/memory-storage.ts'
import { between, eq, gt, gte, isIn, isNull, lt, lte, ne, not } from '../predicate/build.ts'
import { describePredicate } from '../predicate/describe.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { LogTable } from '../storage/log-table.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { type Bench, REF, read } from './storage-under-test.ts'

const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'value', type: 'double', nullable: true },
  { name: 'half', type: 'float', nullable: true },
]
/** Numbers that a float holds exactly, so that both columns store the same values. */
const NUMBERS = [
  0,
  -0,
  0.5,
  -1,
  7,
  2 ** -149,
  -(2 ** -149),
  2 ** -126,
  Math.fround(3.4e38),
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
]
/** Sizes of batches: small ones and large ones with few values are encoded in files in different ways. */
const BATCH_ROWS = [3, 40, 600, 3000]
const CONDITIONS = 60
const SEEDS = [1, 2, 3]

/** Tests doubles and floats of every kind, with the memory storage as the reference. */
export function testNumbers(bench: Bench): void {
  test.each(SEEDS)('conditions on numbers match the same rows as in the memory storage (seed %i)', async (seed) => {
    const random = seededRandom(seed)
    const { table, model } = await fillTable(bench, random)
    for (let at = 0; at < CONDITIONS; at++) {
      const where = randomCondition(random)
      expect(await rowsOf(table, where), describePredicate(where)).toEqual(await rowsOf(model, where))
    }
  })

  test('numbers have one order, with NaN as the greatest', async () => {
    const { table, model } = await fillTable(bench, seededRandom(4))
    for (const descending of [false, true]) {
      for (const nulls of ['first', 'last'] as const) {
        const query = { columns: ['value'], orderBy: [{ column: 'value', descending, nulls }] }
        const values = async (of: LogTable) => (await read(of, query)).map(({ value }) => String(value))
        expect(await values(table)).toEqual(await values(model))
      }
    }
  })

  test('aggregates of numbers equal those of the memory storage', async () => {
    const { table, model } = await fillTable(bench, seededRandom(5))
    for (const name of ['value', 'half']) {
      const of = { kind: 'column', name } as const
      const figures = async (each: LogTable) => {
        const [row] = await each.aggregate({
          measures: [
            { as: 'least', fn: 'min', of },
            { as: 'most', fn: 'max', of },
            { as: 'values', fn: 'countDistinct', of },
            { as: 'count', fn: 'count', of },
          ],
        })
        return row
      }
      expect(await figures(table)).toEqual(await figures(model))
    }
  })

  test('zeros are read without a sign', async () => {
    const { table } = await fillTable(bench, seededRandom(6))
    const found = await read(table)
    expect(found.filter(({ value, half }) => Object.is(value, -0) || Object.is(half, -0))).toEqual([])
  })

  test.each(['value', 'half'])('rows are deleted by numbers in the column %s', async (name) => {
    for (const value of NUMBERS) {
      const { table, model } = await fillTable(bench, seededRandom(7))
      if (!table.delete || !model.delete) return
      const { rowsDeleted } = await table.delete(eq(name, value), { batchId: 'd' })
      expect(rowsDeleted, String(value)).toBe((await model.delete(eq(name, value), { batchId: 'd' })).rowsDeleted)
      expect(await rowsOf(table)).toEqual(await rowsOf(model))
      await table.close?.()
    }
  })

  test('rows are merged by numbers, including zeros and NaN', async () => {
    const { table, model } = await fillTable(bench, seededRandom(8))
    bench.needs(table, 'merge')
    bench.needs(model, 'merge')
    const incoming = batchFromRows(
      COLUMNS,
      NUMBERS.map((value, at) => ({ id: 10_000 + at, value, half: value })),
    )
    for (const whenMatched of ['ignore', 'update'] as const) {
      const options = { keys: ['value'], whenMatched }
      const figures = async (each: typeof table.merge) => {
        const {
          version: _version,
          timestamp: _timestamp,
          ...rest
        } = await each(incoming, options, {
          batchId: whenMatched,
        })
        return rest
      }
      expect(await figures(table.merge)).toEqual(await figures(model.merge))
      expect(await rowsOf(table)).toEqual(await rowsOf(model))
    }
  })
}

async function fillTable(bench: Bench, random: Random) {
  const table = await bench.table({ columns: COLUMNS })
  const model = await memoryStorage().openTable(REF, { columns: COLUMNS })
  let id = 0
  for (const [at, rows] of BATCH_ROWS.entries()) {
    // Few different values, so that files encode them in a dictionary.
    const values = [null, ...Array.from({ length: 4 }, () => random.pick(NUMBERS)), 0, -0]
    const batch = batchFromRows(
      COLUMNS,
      Array.from({ length: rows }, () => ({ id: id++, value: random.pick(values), half: random.pick(values) })),
    )
    for (const each of [table, model]) await each.append(batch, { batchId: `b${at}` })
  }
  return { table, model }
}

function randomCondition(random: Random): Predicate {
  const name = random.pick(['value', 'half'])
  const value = () => random.pick(NUMBERS)
  const conditions: readonly (() => Predicate)[] = [
    () => eq(name, value()),
    () => ne(name, value()),
    () => lt(name, value()),
    () => lte(name, value()),
    () => gt(name, value()),
    () => gte(name, value()),
    () => isIn(name, [value(), value()]),
    () => not(isIn(name, [value(), value(), value()])),
    () => between(name, value(), value()),
    () => isNull(name),
  ]
  return random.pick(conditions)()
}

async function rowsOf(table: LogTable, where?: Predicate): Promise<string[]> {
  const rows = await read(table, { where })
  return rows.map(({ id, value, half }) => `${id} ${value} ${half}`).sort()
}
