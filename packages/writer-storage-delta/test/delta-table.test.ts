import { readdir, readFile, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, type Row, type TableReader } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: false },
  { name: 'name', type: 'string', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'score', type: 'double', nullable: true },
]
const ref = { schema: 'logs', name: 'runs' }
let path = ''
let storage: DeltaStorage

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
})
afterEach(async () => {
  await storage.close()
})

const rows = (...ids: number[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id, name: `n${id}`, at: new Date(1_700_000_000_000 + id), score: id / 2 })),
  )
const commit = (batchId: string) => ({ batchId })

async function read(reader: TableReader): Promise<Row[]> {
  const found: Row[] = []
  for await (const batch of reader.scan({ orderBy: [{ column: 'id' }] })) found.push(...batchRows(batch))
  return found
}
const ids = async (reader: TableReader) => (await read(reader)).map((row) => row.id)

test('appended rows are read unchanged, and each version stays readable', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  expect((await table.append(rows(1, 2), commit('a'))).version).toBe(0)
  expect((await table.append(rows(3), commit('b'))).version).toBe(1)
  expect(await ids(table)).toEqual([1, 2, 3])
  expect(await ids(await table.at(0))).toEqual([1, 2])
  expect((await read(table))[0]).toEqual({ id: 1, name: 'n1', at: '2023-11-14T22:13:20.001000Z', score: 0.5 })
  expect(await table.info()).toMatchObject({ rowCount: 3, files: 2, version: 1 })
})

test('a batch whose id is stored already writes nothing', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  await table.append(rows(1), commit('a'))
  const again = await table.append(rows(1), commit('a'))
  expect(again).toMatchObject({ version: 0, alreadyWritten: true, rowsInserted: 1 })
  expect(await ids(table)).toEqual([1])
})

test('merge replaces rows with the same key and adds the rest', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  await table.append(rows(1, 2), commit('a'))
  await table.append(rows(8, 9), commit('b'))
  const changed = batchFromRows(COLUMNS, [
    { id: 2, name: 'changed', at: null, score: 1 },
    { id: 5, name: 'new', at: null, score: 1 },
  ])
  const result = await table.merge(changed, { keys: ['id'], whenMatched: 'update' }, commit('c'))
  expect(result).toMatchObject({ rowsInserted: 1, rowsUpdated: 1, rowsWritten: 2 })
  expect((await read(table)).map((row) => [row.id, row.name])).toEqual([
    [1, 'n1'],
    [2, 'changed'],
    [5, 'new'],
    [8, 'n8'],
    [9, 'n9'],
  ])
  const ignored = await table.merge(rows(5, 6), { keys: ['id'], whenMatched: 'ignore' }, commit('d'))
  expect(ignored).toMatchObject({ rowsInserted: 1, rowsSkipped: 1 })
})

test('delete, overwrite and restore keep the other rows', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  await table.append(rows(1, 2, 3), commit('a'))
  const two = {
    op: 'compare',
    operator: '=',
    left: { kind: 'column', name: 'id' },
    right: { kind: 'literal', value: 2 },
  } as const
  expect(await table.delete(two, commit('b'))).toMatchObject({ rowsDeleted: 1 })
  expect(await ids(table)).toEqual([1, 3])
  await table.overwrite(rows(7), commit('c'))
  expect(await ids(table)).toEqual([7])
  await table.restore(0, commit('d'))
  expect(await ids(table)).toEqual([1, 2, 3])
  expect((await table.history()).versions.map((each) => [each.version, each.operation, each.rowCount])).toEqual([
    [3, 'restore', 3],
    [2, 'overwrite', 1],
    [1, 'delete', 2],
    [0, 'append', 3],
  ])
})

test('optimize packs small files once, and vacuum then deletes the old ones', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  for (let id = 1; id <= 5; id++) await table.append(rows(id), commit(`b${id}`))
  const first = await table.optimize()
  expect(first).toMatchObject({ applied: ['compaction'], before: { files: 5 }, after: { files: 1 } })
  expect((await table.optimize()).applied).toEqual([])
  expect(await ids(table)).toEqual([1, 2, 3, 4, 5])
  await expect(table.vacuum({ retentionHours: 0 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  expect(await table.vacuum({ retentionHours: 0, allowShortRetention: true })).toMatchObject({ filesRemoved: 5 })
  expect(await ids(table)).toEqual([1, 2, 3, 4, 5])
})

test('a table is the same when it is read from a checkpoint', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  for (let id = 1; id <= 4; id++) await table.append(rows(id), commit(`b${id}`))
  await table.checkpoint()
  const log = join(path, 'logs/runs/_delta_log')
  expect(await readdir(log)).toContain('00000000000000000003.checkpoint.parquet')
  for (const version of [0, 1, 2]) await rm(join(log, `${String(version).padStart(20, '0')}.json`))
  const other = deltaStorage({ path })
  const again = await other.openTable(ref)
  expect(await ids(again)).toEqual([1, 2, 3, 4])
  expect(await again.append(rows(1), commit('b1'))).toMatchObject({ alreadyWritten: true })
  await other.close()
})

test('z-order keeps the rows and is a no-op the second time', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  for (let id = 1; id <= 5; id++) await table.append(rows(id, 10 - id), commit(`b${id}`))
  const before = await ids(table)
  expect((await table.optimize({ clusterColumns: ['score', 'name'] })).applied).toEqual(['zorder'])
  expect(await ids(table)).toEqual(before)
  expect((await table.optimize({ clusterColumns: ['score', 'name'] })).applied).toEqual([])
})

test.each([[['nmae']], [['name', 'name']], [COLUMNS.map(({ name }) => name)]])(
  'a new table cannot be partitioned by %j',
  async (partitionColumns) => {
    const table = await storage.openTable(ref, { columns: COLUMNS, partitionColumns })
    await expect(table.append(batchFromRows(COLUMNS, []), { batchId: 'a' })).rejects.toMatchObject({
      code: 'CONFIGURATION',
      committed: 'no',
      context: { partitionColumns },
    })
  },
)

test('partitioned rows are read unchanged, whatever their partition value', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS, partitionColumns: ['name', 'at'] })
  const names = ['a b', 'ü/%=:', null, 'q\'"', 'a%20b', '\ufeffmark']
  await table.append(
    batchFromRows(
      COLUMNS,
      names.map((name, id) => ({ id, name, at: new Date(id), score: null })),
    ),
    commit('a'),
  )
  expect((await read(table)).map((row) => row.name)).toEqual(names)
  expect((await read(table))[4]?.at).toBe('1970-01-01T00:00:00.004000Z')
})

test('columns that are too narrow are widened if that is allowed, otherwise the values are refused', async () => {
  const narrow: ColumnDefinition[] = [{ name: 'n', type: 'int32', nullable: true }]
  const wide: ColumnDefinition[] = [{ name: 'n', type: 'int64', nullable: true }]
  const big = batchFromRows(wide, [{ n: 2 ** 40 }])
  const strict = await storage.openTable(ref, { columns: narrow })
  await strict.append(batchFromRows(narrow, [{ n: 1 }]), commit('a'))
  await strict.append(batchFromRows(wide, [{ n: 2 }]), commit('b'))
  await expect(strict.append(big, commit('c'))).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
  const widening = await storage.openTable(ref, { columns: narrow, widenColumns: true })
  await widening.append(big, commit('c'))
  const found: unknown[] = []
  for await (const batch of widening.scan({ orderBy: [{ column: 'n' }] })) {
    for (const row of batchRows(batch)) found.push(row.n)
  }
  expect(found).toEqual([1, 2, 2 ** 40])
  expect(await widening.validateSchema()).toEqual({
    valid: false,
    problems: [{ column: 'n', problem: 'is int64, expected int32' }],
  })
})

test('a row without a required value is refused, and leaves nothing', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  await table.append(rows(1), commit('a'))
  const loose = COLUMNS.map((column) => ({ ...column, nullable: true }))
  const empty = batchFromRows(loose, [{ id: null, name: 'x', at: null, score: null }])
  await expect(table.append(empty, commit('b'))).rejects.toMatchObject({ code: 'SCHEMA', context: { columns: ['id'] } })
  expect((await readdir(join(path, 'logs/runs'))).filter((name) => name.endsWith('.parquet'))).toHaveLength(1)
})

test('new columns of a batch become columns of the table if that is allowed', async () => {
  const more: ColumnDefinition[] = [...COLUMNS, { name: 'more', type: 'json', nullable: true }]
  const batch = batchFromRows(more, [{ id: 2, name: null, at: null, score: null, more: { a: 1 } }])
  const strict = await storage.openTable(ref, { columns: COLUMNS })
  await strict.append(rows(1), commit('a'))
  await expect(strict.append(batch, commit('b'))).rejects.toMatchObject({
    code: 'SCHEMA',
    context: { missing: ['more'] },
  })
  const table = await storage.openTable(ref, { columns: COLUMNS, evolveSchema: true })
  await table.append(batch, commit('b'))
  expect((await read(table)).map((row) => row.more)).toEqual([null, '{"a":1}'])
  expect((await table.info()).columns.at(-1)).toEqual({ name: 'more', type: 'json', nullable: true })
})

test('a time finds the version of that time', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  await table.append(rows(1), commit('a'))
  const between = new Date('2024-06-01T00:00:00Z')
  const log = join(path, 'logs/runs/_delta_log')
  await utimes(join(log, '00000000000000000000.json'), new Date('2024-01-01'), new Date('2024-01-01'))
  await table.append(rows(2), commit('b'))
  expect(await ids(await table.at(between))).toEqual([1])
  expect(await ids(await table.at(new Date()))).toEqual([1, 2])
  await expect(table.at(new Date('2023-01-01'))).rejects.toMatchObject({ code: 'TABLE' })
})

test('a merge keeps the time at which a row was first written', async () => {
  const columns: ColumnDefinition[] = [...COLUMNS, { name: 'created_at', type: 'timestamp', nullable: true }]
  const row = (day: number) =>
    batchFromRows(columns, [
      { id: 1, name: `day ${day}`, at: null, score: null, created_at: new Date(Date.UTC(2024, 0, day)) },
    ])
  const table = await storage.openTable(ref, { columns, batchSize: 64 })
  await table.append(row(1), commit('a'))
  await table.merge(row(2), { keys: ['id'], whenMatched: 'update' }, commit('b'))
  expect(await read(table)).toMatchObject([{ name: 'day 2', created_at: '2024-01-01T00:00:00.000000Z' }])
})

test('properties that new tables cannot have are refused by name, before anything is written', async () => {
  const asked = {
    'delta.enableChangeDataFeed': 'true',
    'delta.constraints.positive': 'id > 0',
    'delta.checkpointInterval': 'often',
    'delta.logRetentionDuration': 'interval 2 moons',
    'my.owner': 'me',
  }
  const other = deltaStorage({ path, tableProperties: asked })
  const table = await other.openTable(ref, { columns: COLUMNS })
  await expect(table.append(rows(1), commit('a'))).rejects.toMatchObject({
    code: 'CONFIGURATION',
    committed: 'no',
    context: { properties: expect.arrayContaining(Object.keys(asked).slice(0, 4)) },
  })
  expect(await readdir(path)).toEqual([])
  await other.close()
})

test('the properties of a table are respected: statistics, checkpoints and append-only', async () => {
  const other = deltaStorage({
    path,
    tableProperties: {
      'delta.dataSkippingNumIndexedCols': '2',
      'delta.checkpointInterval': '2',
      'delta.appendOnly': 'true',
      'delta.deletedFileRetentionDuration': 'interval 1 hour',
    },
  })
  const table = await other.openTable(ref, { columns: COLUMNS })
  for (const id of [1, 2, 3]) await table.append(rows(id), commit(`b${id}`))
  await table.close()
  const log = join(path, 'logs/runs/_delta_log')
  expect(await readdir(log)).toContain('00000000000000000002.checkpoint.parquet')
  const actions = (await readFile(join(log, '00000000000000000001.json'), 'utf8')).trim().split('\n')
  const [added] = actions.flatMap((line) => JSON.parse(line).add ?? [])
  expect(Object.keys(JSON.parse(added.stats).nullCount)).toEqual(['id', 'name'])
  const again = await other.openTable(ref, { columns: COLUMNS })
  await expect(again.overwrite(rows(1), commit('c'))).rejects.toMatchObject({ context: { feature: 'appendOnly' } })
  await expect(again.vacuum({ retentionHours: 0.5 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  expect(await again.vacuum({ retentionHours: 2, dryRun: true })).toMatchObject({ filesRemoved: 0 })
  await other.close()
})
