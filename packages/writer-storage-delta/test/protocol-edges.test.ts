import { readFile, rm, writeFile } from 'node:fs/promises'
import { freemem } from 'node:os'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, eq } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage, inspectDeltaTable } from '../src/index.ts'
import { formatActions, parseActions } from '../src/log/commit-file.ts'
import { add, field, type HandMadeTable, handMadeTable, metaData, PLAIN, withFeatures } from './hand-made-table.ts'

const ref = { schema: 's', name: 't' }
const ID: ColumnDefinition = { name: 'id', type: 'int64', nullable: true }
const ids = (...list: number[]) =>
  batchFromRows(
    [ID],
    list.map((id) => ({ id })),
  )
let path = ''
let storage: DeltaStorage
let hand: HandMadeTable

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
  hand = handMadeTable(join(path, 's/t'))
})
afterEach(async () => {
  await storage.close()
})

async function read(table: DeltaTable, columns: string[]) {
  const rows: unknown[] = []
  for await (const batch of table.scan({ columns, orderBy: [{ column: 'id' }] })) rows.push(...batchRows(batch))
  return rows
}

const identity = (mark: string, step = '1') =>
  `{"type":"struct","fields":[{"name":"id","type":"long","nullable":true,"metadata":{"delta.identity.start":1,"delta.identity.step":${step},"delta.identity.highWaterMark":${mark},"delta.identity.allowExplicitInsert":false}},{"name":"text","type":"string","nullable":true,"metadata":{}}]}`

test.each([
  ['100', '200', '1', '200'],
  ['200', '100', '1', '200'],
  ['-100', '-200', '-1', '-200'],
  ['9007199254740993', '9007199254740995', '2', '9007199254740995'],
  ['9223372036854775806', '7', '1', '9223372036854775806'],
])(
  'restore never moves the mark of an identity column back: %s before, %s now, step %s',
  async (old, now, step, kept) => {
    const header = (mark: string) => metaData([], { schemaString: identity(mark, step) })
    await hand.commit(0, { protocol: { minReaderVersion: 1, minWriterVersion: 6 } }, header(old))
    await hand.commit(1, header(now))
    const table = await storage.openTable(ref)
    await table.restore(0, { batchId: 'r' })
    const log = await readFile(join(hand.path, '_delta_log/00000000000000000002.json'), 'utf8')
    const written = log.split('\n').find((line) => line.startsWith('{"metaData"'))
    const schema = written ? JSON.parse(written).metaData.schemaString : identity(now, step)
    expect(schema).toBe(identity(kept, step))
  },
)

test.each(['', ' \n\n'])('an empty newest commit is an error that names the file (%j)', async (text) => {
  const table = await storage.openTable(ref, { columns: [ID] })
  await table.append(ids(1), { batchId: 'a' })
  const name = '_delta_log/00000000000000000001.json'
  await writeFile(join(hand.path, name), text)
  const other = deltaStorage({ path })
  const fresh = await other.openTable(ref, { columns: [ID] })
  const error = { code: 'TABLE', context: { path: name, version: 1 } }
  for (const each of [table, fresh]) {
    await expect(each.info()).rejects.toMatchObject(error)
    await expect(each.append(ids(2), { batchId: 'b' })).rejects.toMatchObject({ ...error, committed: 'no' })
  }
  const report = await storage.doctor?.()
  expect(report?.checks.find((check) => check.status === 'problem')?.detail).toContain(name)
  await rm(join(hand.path, name))
  expect(await fresh.append(ids(2), { batchId: 'b' })).toMatchObject({ version: 1 })
  await other.close()
})

test('an empty commit that is followed by others is accepted', async () => {
  const table = await storage.openTable(ref, { columns: [ID] })
  await table.append(ids(1), { batchId: 'a' })
  await hand.commit(1)
  await hand.commit(2, { commitInfo: { operation: 'WRITE' } })
  const other = deltaStorage({ path })
  const fresh = await other.openTable(ref, { columns: [ID] })
  expect(await fresh.append(ids(2), { batchId: 'b' })).toMatchObject({ version: 3 })
  await other.close()
})

test('a batch that another engine wrote under our transaction has the row counts of its own commit', async () => {
  const table = await storage.openTable(ref, { columns: [ID] })
  await table.append(ids(1, 2, 3), { batchId: 'a' })
  await table.append(ids(4), { batchId: 'b' })
  for (const [at, version] of [
    [2, 0],
    [3, 1_700_000_000_000],
  ] as const) {
    await hand.commit(
      at,
      { commitInfo: { timestamp: 1_700_000_000_000 + at, operation: 'WRITE', engineInfo: 'Apache-Spark' } },
      { txn: { appId: `forge-writer/spark-${at}`, version } },
      add(`${at}.parquet`, { stats: '{"numRecords":7}' }),
    )
    expect(await table.findBatch(`spark-${at}`)).toMatchObject({ version: at, rowsWritten: 7, rowsInserted: 7 })
  }
  expect(await table.findBatch('a')).toMatchObject({ version: 0, rowsInserted: 3 })
})

test('paths that are not percent-encoded are used unchanged', async () => {
  const paths = ['discount=50%/1.parquet', 'note=100%zz/2.parquet', 'caf%E9/3.parquet', 'a%20b/4.parquet']
  for (const [at, each] of paths.entries()) {
    await hand.file(each === 'a%20b/4.parquet' ? 'a b/4.parquet' : each, `select ${at}::bigint as id`)
  }
  await hand.commit(0, { protocol: PLAIN }, metaData([field('id', 'long')]), ...paths.map((each) => add(each)))
  const table = await storage.openTable(ref)
  expect(await read(table, ['id'])).toEqual([{ id: 0 }, { id: 1 }, { id: 2 }, { id: 3 }])
  expect((await inspectDeltaTable(hand.path)).files).toBe(4)
  expect((await table.history()).totalVersions).toBe(1)
  await table.delete(eq('id', 1), { batchId: 'd' })
  await table.optimize()
  expect(await read(table, ['id'])).toEqual([{ id: 0 }, { id: 2 }, { id: 3 }])
})

const UDT = {
  type: 'udt',
  class: 'org.example.Vector',
  sqlType: { type: 'struct', fields: [field('size', 'integer'), field('nothing', 'void')] },
}

test.each([
  ['a user-defined type', UDT, `{'size': 2}`, { text: '{"size":2,"nothing":null}' }],
  ['an interval of months', 'interval year to month', '14::integer', { text: 14 }],
  ['an interval of days', 'interval day to second', '90000000::bigint', { text: 90_000_000 }],
  ['an unknown type', 'geometry(OGC:CRS84)', `'x'`, undefined],
  ['a list of an unknown type', { type: 'array', elementType: 'variant', containsNull: true }, `['x']`, undefined],
])('tables with %s can be inspected, and their other columns read', async (_what, type, value, expected) => {
  await hand.file('a.parquet', `select id::bigint as id, ${value} as text from (select unnest([1, 2]) as id)`)
  await hand.commit(
    0,
    { protocol: withFeatures() },
    metaData([field('id', 'long'), field('text', type)]),
    add('a.parquet', { stats: '{"numRecords":2}' }),
  )
  const inspected = await inspectDeltaTable(hand.path)
  expect(inspected.columns[1]).toMatchObject({ name: 'text', type })
  expect(inspected.appendRefused).not.toBeNull()
  const table = await storage.openTable(ref)
  expect((await table.info()).columns.map(({ name }) => name)).toEqual(['id', 'text'])
  expect((await table.history()).totalVersions).toBe(1)
  expect(await read(table, ['id'])).toEqual([{ id: 1 }, { id: 2 }])
  const [row] = await table.aggregate({ where: eq('id', 1), measures: [{ as: 'n', fn: 'count' }] })
  expect(row).toEqual({ n: 1 })
  if (expected) expect(await read(table, ['text', 'id'])).toMatchObject([expected, expected])
  else {
    for (const columns of [['text'], ['id', 'text']]) {
      await expect(read(table, columns)).rejects.toMatchObject({ code: 'UNSUPPORTED', context: { column: 'text' } })
    }
    await expect(table.scan()[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'UNSUPPORTED' })
  }
  await expect(table.append(ids(3), { batchId: 'a' })).rejects.toMatchObject({ code: 'UNSUPPORTED', committed: 'no' })
  await expect(table.delete(eq('id', 1), { batchId: 'd' })).rejects.toMatchObject({ code: 'UNSUPPORTED' })
})

test('commits are read line by line, whatever their size', { tags: 'many-rows' }, ({ skip }) => {
  if (freemem() < 3e9) return skip('needs 3 GB of free memory')
  const line = Buffer.from(`{"skipped":"${'x'.repeat(60_000_000)}"}\n`)
  const last = Buffer.from(`${JSON.stringify(add('ü.parquet'))}`)
  const actions = parseActions(Buffer.concat([...Array.from({ length: 9 }, () => line), last]), 'a.json')
  expect(actions).toHaveLength(10)
  expect(actions.at(-1)).toEqual(add('ü.parquet'))
})

test('commits with many actions are written completely', { tags: 'many-rows' }, () => {
  const actions = Array.from({ length: 25_001 }, (_none, at) => add(`${at}.parquet`))
  expect(parseActions(formatActions(actions), 'a.json')).toEqual(actions)
})
