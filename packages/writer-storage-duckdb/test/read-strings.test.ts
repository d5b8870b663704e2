// @module-tag many-cases
import { batchRows } from '@forge/writer-core'
import { type Engine, openEngine, type Session } from '@forge/writer-storage-duckdb/engine'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: Engine
let session: Session
beforeAll(async () => {
  engine = await openEngine({ threads: 2 })
  session = await engine.session()
})
afterAll(() => {
  session.close()
  engine.close()
})

async function readColumn(sql: string): Promise<unknown[]> {
  const values: unknown[] = []
  for await (const batch of session.stream({ sql, params: [] })) {
    for (const row of batchRows(batch)) values.push(row.v)
  }
  return values
}

/** Text of every length about the limit of 12 bytes, with letters of one to four bytes, often repeated. */
const texts = fc.array(
  fc.option(
    fc.oneof(
      fc.constantFrom('', 'same', 'exactly 12 b', 'exactly 13 by', 'a text that is longer than twelve bytes'),
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.string({ minLength: 10, maxLength: 16 }),
    ),
  ),
  { minLength: 1, maxLength: 60 },
)

const ORDERS = [
  'order by place',
  'order by place desc',
  'order by hash(place)',
  'order by length(v), place',
  'where place % 3 > 0 order by place',
]

test('text is read as it was stored, in any order, with repetitions and nulls', async () => {
  await fc.assert(
    fc.asyncProperty(
      texts,
      fc.integer({ min: 1, max: 100 }),
      fc.constantFrom(...ORDERS),
      async (given, times, order) => {
        const list = given.map((text) =>
          text === null ? 'null' : `'${text.replaceAll("'", "''").replaceAll('\0', '')}'`,
        )
        const expected = given.map((text) => text?.replaceAll('\0', '') ?? null)
        await session.run(`create or replace temp table t as
        select row_number() over () - 1 as place, v from (select unnest([${list.join(', ')}]::varchar[]) as v from range(${times}))`)
        const read = await readColumn(`select v, place from t ${order}`)
        const places = await session.rows(`select place from t ${order}`)
        expect(read).toEqual(places.map(({ place }) => expected[Number(place) % expected.length]))
      },
    ),
    { numRuns: 40 },
  )
})

test('text that is made while it is read, far apart in memory, is read whole', async () => {
  const read = await readColumn(`
    select case i % 4 when 0 then repeat(chr(97 + (i % 26)::int), (i * 37 % 5000)::int) when 1 then null
      when 2 then 'row ' || i when 3 then 'one text of all these rows' end as v
    from range(10000) as numbers(i) order by hash(i), i`)
  const expected = await session.rows('select i from range(10000) as numbers(i) order by hash(i), i')
  expect(read).toEqual(
    expected.map(({ i }) => {
      const number = Number(i)
      return [
        String.fromCharCode(97 + (number % 26)).repeat((number * 37) % 5000),
        null,
        `row ${number}`,
        'one text of all these rows',
      ][number % 4]
    }),
  )
})

test('texts of megabytes are read whole, next to short ones', async () => {
  const read = await readColumn(`
    select case when i % 3 = 0 then 'short text of row ' || i else repeat(chr(97 + i::int), 1000000 + i::int) end as v
    from range(24) as numbers(i) order by i`)
  expect(read).toEqual(
    Array.from({ length: 24 }, (_none, i) =>
      i % 3 === 0 ? `short text of row ${i}` : String.fromCharCode(97 + i).repeat(1_000_000 + i),
    ),
  )
})

test('bytes are read as they were stored, repeated or not', async () => {
  const read = await readColumn(`
    select case when i % 5 = 0 then null else repeat('\\x00\\xFF'::blob, (i % 23)::int) end as v
    from range(5000) as numbers(i) order by i desc`)
  expect(read).toEqual(
    Array.from({ length: 5000 }, (_none, at) => ((4999 - at) % 5 === 0 ? null : '00ff'.repeat((4999 - at) % 23))),
  )
})
