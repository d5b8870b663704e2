// @module-tag many-cases
import {
  type AggregateQuery,
  type AggregateRow,
  batchFromRows,
  batchRows,
  column,
  type Expression,
  type GroupKey,
  type LogBatch,
  type Measure,
  type OrderBy,
  type Row,
  type ScanQuery,
  type Value,
} from '@forge/writer-core'
import { aggregateBatches, scanBatches, takeRows } from '@forge/writer-core/storage'
import { compileAggregate, compileScan, type ScanStatement } from '@forge/writer-storage-duckdb/engine'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { COLUMNS, expressions, row } from './random-queries.ts'
import { useSession } from './use-session.ts'

const session = useSession()

const rows = fc.array(row, { maxLength: 40 }).map((list) => list.map((one, id) => ({ ...one, id })))

async function inEngine(batch: LogBatch, compile: (relation: Parameters<typeof compileScan>[0]) => ScanStatement) {
  return session().withBatch(batch, async (relation) => {
    const found: Row[] = []
    for await (const part of session().stream(compile(relation))) found.push(...batchRows(part))
    return found
  })
}

/** The batch in pieces, as a storage gives it. */
function pieces(batch: LogBatch): LogBatch[] {
  return [0, 1, 2].map((part) =>
    takeRows(
      batch,
      Array.from({ length: batch.rowCount }, (_none, at) => at).filter((at) => at % 3 === part),
    ),
  )
}

const of = fc.oneof(expressions.number, expressions.text, expressions.flag, fc.constantFrom('at', 'day').map(column))
const measure: fc.Arbitrary<Measure> = fc
  .tuple(
    fc.oneof(
      fc.constant({ fn: 'count' } as const),
      of.map((one) => ({ fn: 'count', of: one }) as const),
      of.map((one) => ({ fn: 'countDistinct', of: one }) as const),
      fc.array(of, { minLength: 1, maxLength: 3 }).map((list) => ({ fn: 'countDistinct', of: list }) as const),
      fc.record({ fn: fc.constantFrom('min', 'max'), of }),
      fc.record({ fn: fc.constantFrom('sum', 'avg', 'stddev', 'variance', 'mad'), of: fc.constant(column('share')) }),
      fc.constant({ fn: 'sum', of: column('rows') } as const),
      fc.record({
        fn: fc.constant('quantile' as const),
        of: fc.constantFrom('secs', 'share').map(column),
        q: fc.constantFrom(0, 0.25, 0.3, 0.5, 0.95, 1),
      }),
      fc.constant({ fn: 'mad', of: column('secs') } as const),
      fc.record({ fn: fc.constantFrom('any', 'all'), of: expressions.flag }),
      // Numbers of rows are unlike each other, so that there is one greatest.
      fc.record({ fn: fc.constantFrom('argMax', 'argMin'), of, by: fc.constant(column('id')) }),
    ),
    fc.option(expressions.condition, { nil: undefined }),
  )
  .map(([one, where]) => ({ ...one, as: 'figure', ...(where && { where }) }))

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', 'Atlantic/Azores', 'Pacific/Auckland']
const key: fc.Arbitrary<GroupKey> = fc.oneof(
  of.map((by) => ({ as: 'key', by })),
  fc.record({
    as: fc.constant('key'),
    bucket: fc.constantFrom('hour', 'day', 'week', 'month'),
    of: fc.constantFrom<Array<string | Expression>>('at', 'day', column('at')),
    timeZone: fc.constantFrom(...ZONES),
  }),
  fc.record({
    as: fc.constant('key'),
    part: fc.constantFrom('hourOfDay', 'dayOfWeek', 'dayOfMonth'),
    of: fc.constantFrom('at', 'day'),
    timeZone: fc.constantFrom(...ZONES),
  }),
)

const query: fc.Arbitrary<AggregateQuery> = fc
  .record({
    groupBy: fc.array(key, { maxLength: 2 }),
    measures: fc.array(measure, { minLength: 1, maxLength: 3 }),
    where: fc.option(expressions.condition, { nil: undefined }),
  })
  .map(({ groupBy, measures, where }) => ({
    groupBy: groupBy.map((one, at) => ({ ...one, as: `key${at}` })),
    measures: measures.map((one, at) => ({ ...one, as: `figure${at}` })),
    ...(where && { where }),
  }))

test('groups have the figures in core that they have in the engine', async () => {
  await fc.assert(
    fc.asyncProperty(rows, query, async (list, asked) => {
      const batch = batchFromRows(COLUMNS, list)
      const found = await aggregateBatches(pieces(batch), asked, COLUMNS)
      const wanted = await inEngine(batch, (relation) => compileAggregate(relation, asked))
      expectAlike(found, wanted, asked.groupBy?.length ?? 0)
    }),
    { numRuns: 500 },
  )
})

test('queries over queries, in order and limited, give the same', async () => {
  const daily: AggregateQuery = {
    groupBy: [
      { as: 'day', bucket: 'day', of: 'at', timeZone: 'Europe/Berlin' },
      { as: 'word', by: column('word') },
    ],
    measures: [
      { as: 'n', fn: 'count' },
      { as: 'most', fn: 'max', of: column('rows') },
      { as: 'extra', fn: 'max', of: column('name') },
    ],
  }
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), fc.constantFrom('first', 'last'), async (list, descending, nulls) => {
      const batch = batchFromRows(COLUMNS, list)
      const orderBy: OrderBy[] = [{ column: 'most', descending, nulls }, { column: 'day' }, { column: 'word' }]
      for (const asked of [
        { ...daily, orderBy, limit: 5 },
        {
          from: daily,
          groupBy: [{ as: 'word', by: column('word') }],
          measures: [
            { as: 'days', fn: 'count' },
            { as: 'rows', fn: 'sum', of: column('n') },
            { as: 'last', fn: 'max', of: column('day') },
          ],
          orderBy: [{ column: 'word', descending, nulls }],
        },
      ] satisfies AggregateQuery[]) {
        const found = await aggregateBatches(pieces(batch), asked, COLUMNS)
        expect(found).toEqual(await inEngine(batch, (relation) => compileAggregate(relation, asked)))
      }
    }),
    { numRuns: 100 },
  )
})

test('scans give the same rows in the same order', async () => {
  const names = COLUMNS.map(({ name }) => name)
  const scan: fc.Arbitrary<ScanQuery> = fc
    .record({
      columns: fc.subarray(names, { minLength: 1 }),
      where: fc.option(expressions.condition, { nil: undefined }),
      orderBy: fc.array(
        fc.record({
          column: fc.constantFrom(...names),
          descending: fc.boolean(),
          nulls: fc.constantFrom('first', 'last'),
        }),
        { maxLength: 3 },
      ),
      limit: fc.option(fc.nat(20), { nil: undefined }),
      offset: fc.option(fc.nat(5), { nil: undefined }),
      batchRows: fc.option(fc.integer({ min: 1, max: 7 }), { nil: undefined }),
    })
    .map(({ where, limit, offset, batchRows, ...rest }) => ({
      ...rest,
      orderBy: [...rest.orderBy, { column: 'id' }],
      ...(where && { where }),
      ...(limit !== undefined && { limit }),
      ...(offset !== undefined && { offset }),
      ...(batchRows !== undefined && { batchRows }),
    }))
  await fc.assert(
    fc.asyncProperty(rows, scan, async (list, asked) => {
      const batch = batchFromRows(COLUMNS, list)
      const found: Row[] = []
      for await (const part of scanBatches(pieces(batch), asked, COLUMNS)) {
        expect(part.rowCount).toBeLessThanOrEqual(asked.batchRows ?? 8192)
        found.push(...batchRows(part))
      }
      const wanted = await inEngine(batch, (relation) => compileScan(relation, asked))
      expect(found.map(withoutNegativeZeros)).toEqual(wanted.map(withoutNegativeZeros))
    }),
    { numRuns: 300 },
  )
})

test('days, weeks and months begin alike in every time zone', async () => {
  const columns = [{ name: 'at', type: 'timestamp', nullable: false }] as const
  const moment = fc.date({ min: new Date('1975-01-01'), max: new Date('2022-01-01'), noInvalidDate: true })
  const zones = Intl.supportedValuesOf('timeZone')
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...zones), fc.array(moment, { minLength: 20 }), async (timeZone, moments) => {
      const batch = batchFromRows(
        columns,
        // The hours around midnight and noon of each day, when clocks change.
        moments.flatMap((at) => [0, 1, 23].map((hour) => ({ at: new Date(at.getTime() + hour * 3_600_000) }))),
      )
      const asked: AggregateQuery = {
        groupBy: [
          ...(['hour', 'day', 'week', 'month'] as const).map((bucket) => ({ as: bucket, bucket, of: 'at', timeZone })),
          ...(['hourOfDay', 'dayOfWeek', 'dayOfMonth'] as const).map((part) => ({
            as: part,
            part,
            of: 'at',
            timeZone,
          })),
        ],
        measures: [{ as: 'n', fn: 'count' }],
      }
      const found = await aggregateBatches([batch], asked, columns)
      expectAlike(found, await inEngine(batch, (relation) => compileAggregate(relation, asked)), 7)
    }),
    { numRuns: 200 },
  )
})

/** Expects the same rows in any order, and numbers that are equal except in their last digits. The first columns are the keys. */
function expectAlike(found: readonly AggregateRow[], wanted: readonly Row[], keys: number): void {
  expect(found.map((one) => Object.keys(one))).toEqual(wanted.map((one) => Object.keys(one)))
  const [left, right] = [sortRows(found, keys), sortRows(wanted, keys)]
  for (const [at, one] of left.entries()) {
    const other = right[at] ?? {}
    for (const [name, value] of Object.entries(one)) {
      if (!isAlike(value, other[name] ?? null)) expect(one).toEqual(other)
    }
  }
}

function sortRows(list: readonly Row[], keys: number): Row[] {
  const text = (one: Row) => JSON.stringify(Object.values(one).slice(0, keys).map(plain))
  return [...list].sort((a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0))
}

/** The engine loses the sign of a zero by sorting. */
function withoutNegativeZeros(one: Row): Row {
  return Object.fromEntries(Object.entries(one).map(([name, value]) => [name, value === 0 ? 0 : value]))
}

function plain(value: Value): string {
  return `${typeof value}${value === 0 ? 0 : String(value)}`
}

function isAlike(a: Value, b: Value): boolean {
  if (typeof a !== 'number' || typeof b !== 'number') return plain(a) === plain(b)
  return plain(a) === plain(b) || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a), Math.abs(b))
}
