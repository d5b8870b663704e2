// @module-tag many-cases
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, type LogBatch } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type Engine, openEngine, quoteText, type Session } from '@forge/writer-storage-duckdb/engine'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type SmallFile, smallFile } from '../src/data/small-file.ts'
import { planBatch } from '../src/data/table-plan.ts'
import { storeSmallFile, writeFiles } from '../src/data/write-files.ts'
import { selectList } from '../src/operations/write-request.ts'
import { localStore } from '../src/store/local-store.ts'

const TYPES = ['string', 'json', 'int64', 'int32', 'double', 'float', 'boolean', 'timestamp', 'date'] as const
const COLUMNS: ColumnDefinition[] = TYPES.map((type) => ({ name: `a "${type}"`, type, nullable: true }))
const ABSENT: ColumnDefinition = { name: 'absent', type: 'timestamp', nullable: true }
const PLAN_OPTIONS = {
  columns: [...COLUMNS, ABSENT],
  partitionColumns: [],
  properties: {},
  evolveSchema: false,
  widenColumns: false,
  now: new Date(0),
}

const path = newFolder()
let engine: Engine
let session: Session
beforeAll(async () => {
  engine = await openEngine({ threads: 1 })
  session = await engine.session()
})
afterAll(async () => {
  session.close()
  engine.close()
})

const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })
const iso = micros.map((value) => {
  const ms = value / 1000n
  return `${new Date(Number(ms)).toISOString().slice(0, -1)}${String(value < 0n ? 0n : value % 1000n).padStart(3, '0')}Z`
})
const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).filter((value) => !value.startsWith('\ufeff')),
  fc.string({ unit: fc.constantFrom('\u{10ffff}', 'z', '\ue000', '\u{1f600}'), minLength: 28, maxLength: 70 }),
)
const number = fc.oneof(fc.double(), fc.constantFrom(0, -0, Number.NaN, 1e300, 5e-324, 0.1))
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4 })
const row = fc.record({
  'a "string"': orNull(text),
  'a "json"': orNull(fc.json({ maxDepth: 1 })),
  'a "int64"': orNull(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  'a "int32"': orNull(fc.integer()),
  'a "double"': orNull(number),
  'a "float"': orNull(fc.oneof(fc.float(), fc.constantFrom(-0, 0))),
  'a "boolean"': orNull(fc.boolean()),
  'a "timestamp"': orNull(iso),
  'a "date"': orNull(iso.map((value) => value.slice(0, 10))),
})

/** Writes the batch by the engine, as every larger one. */
async function byEngine(batch: LogBatch) {
  const plan = planBatch(undefined, batch, PLAN_OPTIONS)
  const [file] = await session.withBatch(batch, ({ sql, params = [] }) =>
    writeFiles(
      localStore(path),
      session,
      plan.metadata,
      { sql: `select ${selectList(plan.expressions)} from ${sql}`, params },
      { compression: 'zstd', targetFileBytes: 1 << 27, dataChange: true, partitionTexts: () => [] },
    ),
  )
  return file
}

function rowsOf(file: string) {
  return session.rows(`select * from read_parquet(${quoteText(join(path, file))})`)
}

test('a small file holds the rows, types and statistics that the engine would write', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 20 }), async (rows) => {
      const batch = batchFromRows(COLUMNS, rows)
      const plan = planBatch(undefined, batch, PLAN_OPTIONS)
      const small = await smallFile(plan, batch)
      if (small === undefined) return
      const written = await storeSmallFile(localStore(path), plan.metadata, small)
      const expected = await byEngine(batch)
      expect(JSON.parse(written.add.stats ?? '')).toEqual(JSON.parse(expected?.add.stats ?? ''))
      expect(written.nullColumns).toEqual(expected?.nullColumns)
      expect(await rowsOf(written.add.path)).toEqual(await rowsOf(expected?.add.path ?? ''))
    }),
    { numRuns: 150 },
  )
})

const ID: ColumnDefinition = { name: 'a "int64"', type: 'int64', nullable: true }

test('batches that suit the engine better are written by the engine', async () => {
  const ids = (count: number) =>
    batchFromRows(
      [ID],
      Array.from({ length: count }, (_none, at) => ({ 'a "int64"': at })),
    )
  const fileOf = (batch: LogBatch, options = {}): Promise<SmallFile | undefined> =>
    smallFile(planBatch(undefined, batch, { ...PLAN_OPTIONS, ...options }), batch)
  expect(await fileOf(ids(10))).toMatchObject({ rows: 10 })
  expect(await fileOf(ids(1000))).toBeUndefined()
  expect(await fileOf(ids(10), { partitionColumns: ['a "boolean"'] })).toBeUndefined()
  const texts = [{ name: 'a "string"', type: 'string', nullable: true }] as const
  expect(await fileOf(batchFromRows(texts, [{ 'a "string"': 'x'.repeat(20_000) }]))).toBeUndefined()
  // The numbers become doubles, which the engine converts.
  expect(await fileOf(batchFromRows([{ ...ID, name: 'a "double"' }], [{ 'a "double"': 1 }]))).toBeUndefined()
})
