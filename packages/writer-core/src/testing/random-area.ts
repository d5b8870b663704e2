import { expect, test } from 'vitest'
import type { Row } from '../column/column-type.ts'
import { isWriterError } from '../errors/writer-error.ts'
import { memoryStorage } from '../memory/memory-storage.ts'
import { column } from '../predicate/build.ts'
import { describePredicate } from '../predicate/describe.ts'
import type { Predicate } from '../predicate/predicate.ts'
import type { AggregateQuery } from '../query/aggregate.ts'
import type { LogTable, TableOptions, TableReader } from '../storage/log-table.ts'
import { randomPredicate, randomRows } from './random-rows.ts'
import { randomStep, type Step, type VersionOf } from './random-steps.ts'
import { type Random, seededRandom } from './seeded-random.ts'
import { type Bench, COLUMNS, REF, read, rowsOf, type StorageLimits } from './storage-under-test.ts'

const SEQUENCES = 10
const STEPS = 14
const PREDICATES = 60
const OPTIONS: TableOptions = { columns: COLUMNS, evolveSchema: true }

/** Tests random operations, with the memory storage as the reference. */
export function testRandomOperations(bench: Bench): void {
  test.each(Array.from({ length: SEQUENCES }, (_none, seed) => [seed]))(
    'random operations give the same table as in the memory storage, in every version (seed %i)',
    async (seed) => {
      const random = drawWithin(bench.limits, seededRandom(seed))
      let table = await bench.table(OPTIONS)
      const model = await memoryStorage().openTable(REF, OPTIONS)
      await table.append(rowsOf(), { batchId: 'start' })
      await model.append(rowsOf(), { batchId: 'start' })
      const done: string[] = []
      const versions: { readonly table: number; readonly model: number }[] = [{ table: 0, model: 0 }]
      for (let at = 0; at < STEPS; at++) {
        if (bench.hasReopen && random.below(6) === 0) {
          table = await (await bench.reopen()).openTable(REF, OPTIONS)
          done.push('reopen')
        }
        const step = randomStep(random, table, versions.length)
        done.push(step.text)
        const outcome = await outcomeOf(step, table, `batch-${at}`, (of) => versions[of]?.table ?? 0)
        const expected = await outcomeOf(step, model, `batch-${at}`, (of) => versions[of]?.model ?? 0)
        expect(outcome, done.join('\n')).toEqual(expected)
        expect(await stateOf(table), done.join('\n')).toEqual(await stateOf(model))
        versions.push({ table: (await table.info()).version, model: (await model.info()).version })
      }
      for (const each of table.at ? versions : []) {
        const [then, expected] = [await table.at?.(each.table), await model.at(each.model)]
        expect(then && (await stateOf(then)), done.join('\n')).toEqual(await stateOf(expected))
      }
    },
  )

  test('random conditions match the same rows as in the memory storage', async () => {
    const random = drawWithin(bench.limits, seededRandom(7))
    const table = await bench.table({ columns: COLUMNS })
    const model = await memoryStorage().openTable(REF, { columns: COLUMNS })
    for (let at = 0; at < 10; at++) {
      const batch = randomRows(random, random.below(30))
      await table.append(batch, { batchId: `b${at}` })
      await model.append(batch, { batchId: `b${at}` })
    }
    for (let at = 0; at < PREDICATES; at++) {
      const where = randomPredicate(random, 3)
      const text = describePredicate(where)
      expect(await rowsIn(table, where), text).toEqual(await rowsIn(model, where))
      expect(await figuresOf(table, where), text).toEqual(await figuresOf(model, where))
    }
  })
}

/** Returns a source of random values that picks no text which the storage cannot keep. */
function drawWithin({ nul }: StorageLimits, random: Random): Random {
  if (nul !== false) return random
  return { ...random, pick: (items) => random.pick(items.filter((item) => item !== '\0')) }
}

/** Returns the figures of the commit, without those that differ between storages, or the code of the error. */
async function outcomeOf(step: Step, table: LogTable, batchId: string, versionOf: VersionOf) {
  const { version } = await table.info()
  try {
    const result = await step.perform(table, batchId, versionOf)
    if (result === undefined) return undefined
    const { version: after, timestamp: _timestamp, ...figures } = result
    return { ...figures, isNextVersion: after === version + 1 }
  } catch (error) {
    if (isWriterError(error)) return { code: error.code, committed: error.committed }
    throw error
  }
}

async function stateOf(reader: TableReader) {
  const { rowCount, columns } = await reader.info()
  const shape = columns.map(({ name, type, nullable }) => `${name} ${type}${nullable ? '' : ' not null'}`)
  return { rowCount, shape, rows: await rowsIn(reader) }
}

async function rowsIn(reader: TableReader, where?: Predicate): Promise<string[]> {
  return (await read(reader, { where })).map(textOf).sort()
}

async function figuresOf(reader: TableReader, where: Predicate): Promise<string[]> {
  const query: AggregateQuery = {
    where,
    groupBy: [
      { as: 'name', by: column('name') },
      { as: 'day', bucket: 'day', of: 'at', timeZone: 'America/New_York' },
    ],
    measures: [
      { as: 'n', fn: 'count' },
      { as: 'sum', fn: 'sum', of: column('id') },
      { as: 'least', fn: 'min', of: column('secs') },
      { as: 'most', fn: 'max', of: column('secs') },
      { as: 'values', fn: 'countDistinct', of: column('secs') },
    ],
  }
  return (await reader.aggregate(query)).map(textOf).sort()
}

/** Returns the row as text. Zeros of both signs are equal in SQL. */
function textOf(row: Row): string {
  return JSON.stringify(
    Object.values(row).map((value) => (typeof value === 'string' ? `'${value}'` : String(value === 0 ? 0 : value))),
  )
}
