import { expect, test } from 'vitest'
import type { LogBatch } from '../batch/log-batch.ts'
import { memoryStorage } from '../memory/memory-storage.ts'
import { and, between, eq, gt, isIn, isNull, lt, lte, not, or } from '../predicate/build.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { LogTable, TableReader } from '../storage/log-table.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { type Bench, COLUMNS, REF, read, rowsOf } from './storage-under-test.ts'

const SEQUENCES = 8
const OPERATIONS = 12
const PREDICATES = 40

type Operation = (table: LogTable, batchId: string) => Promise<unknown>

/** Random operations, with the memory storage as the model. */
export function testRandomOperations(bench: Bench): void {
  test.each(Array.from({ length: SEQUENCES }, (_none, seed) => [seed]))(
    'random operations leave what the memory storage has, in every version (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const table = await bench.table()
      const model = await memoryStorage().openTable(REF, { columns: COLUMNS })
      await table.append(rowsOf(), { batchId: 'start' })
      await model.append(rowsOf(), { batchId: 'start' })
      const versions: [number, number][] = [[0, 0]]
      for (let at = 0; at < OPERATIONS; at++) {
        const perform = randomOperation(random, table)
        await perform(table, `batch-${at}`)
        await perform(model, `batch-${at}`)
        expect(await rowsIn(table)).toEqual(await rowsIn(model))
        expect((await table.info()).rowCount).toBe((await model.info()).rowCount)
        versions.push([(await table.info()).version, (await model.info()).version])
      }
      if (!table.at) return
      for (const [version, modelled] of versions) {
        expect(await rowsIn(await table.at(version))).toEqual(await rowsIn(await model.at(modelled)))
      }
    },
  )

  test('random conditions take the rows that the memory storage takes', async () => {
    const random = seededRandom(7)
    const table = await bench.table()
    const model = await memoryStorage().openTable(REF, { columns: COLUMNS })
    for (let at = 0; at < 10; at++) {
      const batch = randomRows(random, 30)
      await table.append(batch, { batchId: `b${at}` })
      await model.append(batch, { batchId: `b${at}` })
    }
    for (let at = 0; at < PREDICATES; at++) {
      const where = randomPredicate(random, 3)
      expect(await rowsIn(table, where), JSON.stringify(where)).toEqual(await rowsIn(model, where))
    }
  })
}

async function rowsIn(reader: TableReader, where?: Predicate): Promise<string[]> {
  return (await read(reader, { ...(where && { where }) })).map((row) => JSON.stringify(row)).sort()
}

function randomOperation(random: Random, table: LogTable): Operation {
  const batch = randomRows(random, random.below(6))
  const where = randomPredicate(random, 1)
  const operations: Operation[] = [
    (into, batchId) => into.append(batch, { batchId }),
    (into) => into.append(batch, { batchId: 'start' }),
    ...(table.overwrite
      ? [
          (into: LogTable, batchId: string) => into.overwrite?.(batch, { batchId }) ?? Promise.resolve(),
          (into: LogTable, batchId: string) => into.overwrite?.(batch, { batchId }, where) ?? Promise.resolve(),
        ]
      : []),
    ...(table.merge
      ? (['update', 'ignore'] as const).map((whenMatched) => (into: LogTable, batchId: string) => {
          return into.merge?.(batch, { keys: ['id'], whenMatched }, { batchId }) ?? Promise.resolve()
        })
      : []),
    ...(table.delete
      ? [(into: LogTable, batchId: string) => into.delete?.(where, { batchId }) ?? Promise.resolve()]
      : []),
    ...(table.optimize ? [(into: LogTable) => into.optimize?.() ?? Promise.resolve()] : []),
  ]
  return random.pick(operations)
}

function randomRows(random: Random, count: number): LogBatch {
  return rowsOf(
    ...Array.from({ length: count }, () => ({
      id: random.below(12),
      name: random.pick(['a', 'b', '', null, 'ü', '\uffee', '🎉']),
      secs: random.pick([null, -1, 0, 0.5, 2, Number.NaN, Number.POSITIVE_INFINITY]),
      ok: random.pick([true, false, null]),
      at: random.pick([null, '1969-12-31T23:59:59.999999Z', '2024-01-01T00:00:00Z', '2024-01-01T00:00:00.000001Z']),
    })),
  )
}

function randomPredicate(random: Random, depth: number): Predicate {
  const leaves: (() => Predicate)[] = [
    () => random.pick([eq, lt, gt, lte])('id', random.below(13)),
    () => random.pick([eq, lt, gt, lte])('secs', random.pick([-1, 0, 0.5, Number.NaN, 5])),
    () => random.pick([eq, lt, gt, lte])('name', random.pick(['a', '', 'ü', '🎉', 'b'])),
    () =>
      random.pick([eq, lt, gt, lte])('at', random.pick(['2024-01-01', '1970-01-01', '2024-01-01T00:00:00.000001Z'])),
    () => eq('ok', random.pick([true, false])),
    () => isNull(random.pick(['name', 'secs', 'ok', 'at'])),
    () => isIn('name', [random.pick(['a', 'b']), random.pick(['', null])]),
    () => between('id', random.below(6), 6 + random.below(6)),
  ]
  const inner = () => randomPredicate(random, depth - 1)
  const branches = depth > 0 ? [() => and(inner(), inner()), () => or(inner(), inner()), () => not(inner())] : []
  return random.pick([...leaves, ...branches, ...branches])()
}
