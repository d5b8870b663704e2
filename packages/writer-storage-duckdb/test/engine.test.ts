import {
  type AggregateQuery,
  batchFromRows,
  batchRows,
  type ColumnDefinition,
  type LogBatch,
  type Predicate,
  type Row,
} from '@forge/writer-core'
import {
  batchSource,
  compileAggregate,
  compileScan,
  type Engine,
  openEngine,
  type Session,
} from '@forge/writer-storage-duckdb/engine'
import { afterAll, beforeAll, expect, test } from 'vitest'

const columns: readonly ColumnDefinition[] = [
  { name: 'name', type: 'string', nullable: true },
  { name: 'rows', type: 'int64', nullable: true },
  { name: 'secs', type: 'double', nullable: true },
  { name: 'ok', type: 'boolean', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'day', type: 'date', nullable: true },
  { name: 'extra', type: 'json', nullable: true },
]

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

async function throughEngine(batch: LogBatch, query = {}): Promise<Row[]> {
  return session.withBatch(batch, async (relation) => {
    const rows: Row[] = []
    for await (const part of session.stream(compileScan(relation, query))) rows.push(...batchRows(part))
    return rows
  })
}

async function figures(batch: LogBatch, query: AggregateQuery): Promise<Row[]> {
  return session.withBatch(batch, async (relation) => {
    const rows: Row[] = []
    for await (const part of session.stream(compileAggregate(relation, query))) rows.push(...batchRows(part))
    return rows
  })
}

const edges = batchFromRows(columns, [
  {
    name: '\ufeffbom',
    rows: 2n ** 63n - 1n,
    secs: Number.NaN,
    ok: true,
    at: '2024-01-01T10:00:00.000001Z',
    day: '2024-02-29',
  },
  {
    name: 'a\0b',
    rows: -(2n ** 63n),
    secs: -0,
    ok: false,
    at: '0001-01-01T00:00:00Z',
    extra: { a: null, b: 'ü', 'x/y~': 1 },
  },
  {},
  { name: '', rows: 0, secs: Number.POSITIVE_INFINITY, at: '9999-12-31T23:59:59.999999Z', extra: { 0: 'zero' } },
  { name: '日本 "quoted" \\ text that is longer than twelve bytes 🎉' },
])

test('text, integers, times and nulls come back from the engine as they went in', async () => {
  expect(await throughEngine(edges)).toEqual([...batchRows(edges)])
})

test('a batch of many chunks keeps every row, whatever its texts', async () => {
  const many = batchFromRows(
    columns.slice(0, 2),
    Array.from({ length: 210_000 }, (_none, index) => ({ name: index % 7 ? `k${index % 69_000}` : null, rows: index })),
  )
  const seen = await session.withBatch(many, async ({ sql }) => session.rows(`select * from ${sql} order by rows`))
  expect(seen.length).toBe(210_000)
  expect(seen.every((row, at) => row.rows === at && row.name === (at % 7 ? `k${at % 69_000}` : null))).toBe(true)
})

test('batches that look alike are read by one statement, and the next one by another', async () => {
  const [name, rows] = columns as [ColumnDefinition, ColumnDefinition]
  const source = batchSource([
    batchFromRows([name, rows], [{ name: 'a', rows: 1 }, {}]),
    batchFromRows([name, rows], []),
    batchFromRows(
      [name, rows],
      Array.from({ length: 3000 }, (_none, at) => ({ name: `n${at}`, rows: at })),
    ),
    batchFromRows([rows], [{ rows: 7 }]),
  ])
  const count = () =>
    session.withBatches(source, ({ sql }) => session.rows(`select count(*) as n, max(rows) as most from ${sql}`))
  expect(await count()).toEqual([{ n: 3002, most: 2999 }])
  expect(await count()).toEqual([{ n: 1, most: 7 }])
  expect(source.peek()).toBeUndefined()
})

test('an error of batches that are asked for is thrown on', async () => {
  const broken = function* () {
    yield edges
    throw new RangeError('broken')
  }
  const source = batchSource(broken())
  const reading = session.withBatches(source, ({ sql }) => session.rows(`select count(*) from ${sql}`))
  await expect(reading).rejects.toMatchObject({ name: 'SourceError', cause: { message: 'broken' } })
})

const column = (name: string) => ({ kind: 'column', name }) as const
const literal = (value: string | number | Date | null) => ({ kind: 'literal', value }) as const

test('predicates take the rows they describe', async () => {
  const names = async (where: Predicate) =>
    (await throughEngine(edges, { columns: ['name'], where })).map((row) => row.name)
  expect(await names({ op: 'compare', operator: '>', left: column('at'), right: literal('2024-01-01') })).toEqual([
    '\ufeffbom',
    '',
  ])
  expect(await names({ op: 'compare', operator: '=', left: column('name'), right: literal('a\0b') })).toEqual(['a\0b'])
  expect(await names({ op: 'in', value: column('rows'), list: [0, null] })).toEqual([''])
  expect(await names({ op: 'in', value: column('rows'), list: [] })).toEqual([])
  expect(await names({ op: 'like', value: column('name'), pattern: '%QUOTED%', ignoreCase: true })).toHaveLength(1)
  expect(await names({ op: 'matches', value: column('name'), pattern: '^a.b$' })).toEqual(['a\0b'])
  const field = (key: string) => ({ kind: 'jsonField', column: 'extra', key }) as const
  expect(await names({ op: 'compare', operator: '=', left: field('b'), right: literal('ü') })).toEqual(['a\0b'])
  expect(await names({ op: 'compare', operator: '=', left: field('x/y~'), right: literal('1') })).toEqual(['a\0b'])
  expect(await names({ op: 'compare', operator: '=', left: field('0'), right: literal('zero') })).toEqual([''])
})

test('unknown columns and text that is not an instant throw a WriterError', async () => {
  const where: Predicate = { op: 'isNull', value: column('nope') }
  expect(() => compileScan({ sql: 't', columns }, { where })).toThrow(expect.objectContaining({ code: 'SCHEMA' }))
  const odd: Predicate = { op: 'compare', operator: '>', left: column('at'), right: literal('yesterday') }
  expect(() => compileScan({ sql: 't', columns }, { where: odd })).toThrow(
    expect.objectContaining({ code: 'CONFIGURATION' }),
  )
})

test('groups, filters, quantiles and local days are computed by the engine', async () => {
  const batch = batchFromRows(columns, [
    { name: 'a', rows: 1, secs: 1, at: '2024-03-30T23:30:00Z' },
    { name: 'a', rows: 2n ** 53n, secs: 3, at: '2024-03-31T10:00:00Z' },
    { name: 'b', secs: 5, at: '2024-03-31T22:30:00Z' },
  ])
  const query: AggregateQuery = {
    groupBy: [{ as: 'name', by: column('name') }],
    measures: [
      { as: 'n', fn: 'count' },
      { as: 'sum', fn: 'sum', of: column('rows') },
      { as: 'q', fn: 'quantile', of: column('secs'), q: 0.5 },
      { as: 'big', fn: 'count', where: { op: 'compare', operator: '>', left: column('secs'), right: literal(2) } },
      { as: 'last', fn: 'argMax', of: column('rows'), by: column('secs') },
      { as: 'pairs', fn: 'countDistinct', of: [column('name'), column('rows')] },
    ],
    orderBy: [{ column: 'name' }],
  }
  expect(await figures(batch, query)).toEqual([
    { name: 'a', n: 2, sum: 2 ** 53, q: 2, big: 1, last: 2n ** 53n, pairs: 2 },
    { name: 'b', n: 1, sum: null, q: 5, big: 1, last: null, pairs: 0 },
  ])
  const days: AggregateQuery = {
    groupBy: [{ as: 'day', bucket: 'day', of: 'at', timeZone: 'Europe/Berlin' }],
    measures: [{ as: 'n', fn: 'count' }],
    orderBy: [{ column: 'day' }],
  }
  expect(await figures(batch, days)).toEqual([
    { day: '2024-03-30T23:00:00.000000Z', n: 2 },
    { day: '2024-03-31T22:00:00.000000Z', n: 1 },
  ])
  const nested: AggregateQuery = { from: query, measures: [{ as: 'total', fn: 'sum', of: column('n') }] }
  expect(await figures(batch, nested)).toEqual([{ total: 3 }])
})

test.each([
  { words: 1, rows: 3 },
  { words: 64, rows: 5000 },
  { words: 65, rows: 5000 },
  { words: 700, rows: 700 },
  { words: 3000, rows: 2048 },
  { words: 3000, rows: 9001 },
])('$rows texts from a dictionary of $words come out as they are', async ({ words, rows }) => {
  const dictionary = Array.from({ length: words }, (_none, at) => (at % 7 === 0 ? `w${at}\0` : `word ${at}`))
  const values = Uint32Array.from({ length: rows }, (_none, at) => (at * 31) % words)
  const batch: LogBatch = {
    rowCount: rows,
    columns: [{ name: 'name', type: 'string', nullable: true }],
    vectors: [{ kind: 'dictionary', values, dictionary, validity: null }],
  }
  expect((await throughEngine(batch)).map(({ name }) => name)).toEqual(Array.from(values, (code) => dictionary[code]))
})

test.each([
  { words: 0, rows: 600 },
  { words: 2, rows: 600 },
  { words: 80, rows: 600 },
])('a code beyond the $words words of its dictionary reads nothing that is not there', async ({ words, rows }) => {
  const batch: LogBatch = {
    rowCount: rows,
    columns: [{ name: 'name', type: 'string', nullable: true }],
    vectors: [
      {
        kind: 'dictionary',
        values: new Uint32Array(rows).fill(4_000_000_000),
        dictionary: Array.from({ length: words }, (_none, at) => `word ${at}`),
        // Every other row is null.
        validity: new Uint8Array(Math.ceil(rows / 64) * 8).fill(0b01010101),
      },
    ],
  }
  const names = (await throughEngine(batch)).map(({ name }) => name)
  expect(names.filter((name) => name === null)).toHaveLength(rows / 2)
  expect(new Set(names).size).toBe(2)
  expect(['', 'word 0']).toContain(names.find((name) => name !== null))
})
