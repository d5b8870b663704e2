// @module-tag many-cases
import { seededRandom } from '@forge/fixtures'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import {
  type AggregateQuery,
  batchFromRows,
  call,
  column,
  jsonField,
  type LogTable,
  memoryStorage,
} from '@forge/writer-core'
import { postgresStorage } from '@forge/writer-storage-postgres'
import { Client } from 'pg'
import { expect, test } from 'vitest'
import { compileAggregate } from '../src/sql/compile-aggregate.ts'
import { parameterList } from '../src/sql/parameters.ts'
import { dropAll } from './drop-all.ts'
import { COLUMNS, randomQuery, randomRows } from './random-figures.ts'

const QUERIES = 60
const ref = { schema: 's', name: 't' }

/** Sums in another order, and values between two ranks, differ in the last digits. */
function roundFigure(value: unknown): unknown {
  return typeof value === 'number' && Number.isFinite(value) ? Number(value.toPrecision(9)) + 0 : value
}

async function figuresOf(table: LogTable, query: AggregateQuery): Promise<unknown> {
  try {
    const rows = (await table.aggregate(query)).map((row) =>
      Object.values(row).map((value) => [String(roundFigure(value))]),
    )
    return query.orderBy?.length ? rows : rows.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? error
  }
}

describePostgres('figures that the server computes', (server) => {
  test.each([
    ['plain', 1],
    ['plain', 2],
    ['plain', 3],
    ['odd', 4],
    ['odd', 5],
  ])('are those of core, of %s values (seed %i)', async (kind, seed) => {
    await dropAll(server)
    const random = seededRandom(seed)
    const storage = postgresStorage({ url: server.url })
    const client = new Client({ connectionString: server.url })
    await client.connect()
    try {
      const table = await storage.openTable(ref, { columns: COLUMNS })
      const model = await memoryStorage().openTable(ref, { columns: COLUMNS })
      const batch = batchFromRows(COLUMNS, randomRows(random, kind === 'odd'))
      for (const each of [table, model]) await each.append(batch, { batchId: 'rows' })
      let answered = 0
      for (let at = 0; at < QUERIES; at++) {
        const query = randomQuery(random)
        const text = JSON.stringify(query)
        const list = parameterList()
        const sql = compileAggregate(query, { columns: COLUMNS, list, mayFail: true }, '"s"."t"')
        expect(sql, text).toEqual(expect.any(String))
        answered += await client.query(String(sql), [...list.values]).then(
          () => 1,
          ({ code }: { readonly code: string }) => (code.startsWith('22') ? 0 : Promise.reject(new Error(text))),
        )
        expect(await figuresOf(table, query), text).toEqual(await figuresOf(model, query))
      }
      // The server may refuse odd values, for which core then computes the figures.
      expect(answered).toBeGreaterThan(kind === 'odd' ? 5 : QUERIES * 0.8)
    } finally {
      await client.end()
      await storage.close()
    }
  })
})

test('what the server would compute in another way is left to core', () => {
  const compileFigures = (query: Partial<AggregateQuery>) =>
    compileAggregate(
      { measures: [{ as: 'n', fn: 'count' }], ...query },
      { columns: COLUMNS, list: parameterList(), mayFail: true },
      't',
    )
  expect(compileFigures({ groupBy: [{ as: 'k', by: call('lower', column('name')) }] })).toBeUndefined()
  expect(compileFigures({ groupBy: [{ as: 'k', by: call('round', column('secs')) }] })).toBeUndefined()
  expect(compileFigures({ groupBy: [{ as: 'k', by: column('price') }] })).toBeUndefined()
  expect(compileFigures({ groupBy: [{ as: 'k', by: jsonField('name', 'k') }] })).toBeUndefined()
  for (const timeZone of ['CET', '+02:00', 'EST']) {
    expect(compileFigures({ groupBy: [{ as: 'k', bucket: 'day', of: 'at', timeZone }] })).toBeUndefined()
    expect(compileFigures({ groupBy: [{ as: 'k', part: 'hourOfDay', of: 'at', timeZone }] })).toBeUndefined()
  }
  for (const fn of ['mad', 'stddev', 'variance'] as const) {
    expect(compileFigures({ measures: [{ as: 'n', fn, of: column('secs') }] })).toBeUndefined()
  }
  expect(compileFigures({ measures: [{ as: 'n', fn: 'sum', of: column('price') }] })).toBeUndefined()
})
