import { mkdir, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { beforeEach, expect, test } from 'vitest'
import { type DeltaTable, deltaStorage } from '../src/index.ts'
import { field, handMadeTable, metaData, withFeatures } from './hand-made-table.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const ref = { schema: 's', name: 't' }
const DAY_MS = 86_400_000
let path = ''

beforeEach(() => {
  path = newFolder()
})

const logFiles = async () => (await readdir(join(path, 's/t/_delta_log'))).sort()
const name = (version: number, rest: string) => `${String(version).padStart(20, '0')}.${rest}`

async function withTable(work: (table: DeltaTable) => Promise<unknown>): Promise<void> {
  const storage = deltaStorage({ path })
  await work(await storage.openTable(ref, { columns: COLUMNS }))
  await storage.close()
}
const append = (table: DeltaTable, id: number) =>
  table.append(batchFromRows(COLUMNS, [{ id }]), { batchId: String(id) })

test('old commits are deleted once a checkpoint of the same age replaces them', async () => {
  await withTable(async (table) => {
    for (const id of [0, 1, 2]) await append(table, id)
    await table.checkpoint()
    await append(table, 3)
  })
  expect(await logFiles()).toContain(name(0, 'json'))
  const then = new Date(Date.now() - 40 * DAY_MS)
  for (const file of await logFiles()) await utimes(join(path, 's/t/_delta_log', file), then, then)
  await withTable(async (table) => {
    await append(table, 4)
    await table.checkpoint()
  })
  expect(await logFiles()).toEqual([
    name(2, 'checkpoint.parquet'),
    name(2, 'json'),
    name(3, 'json'),
    name(4, 'checkpoint.parquet'),
    name(4, 'json'),
    '_last_checkpoint',
  ])
  await withTable(async (table) => {
    expect((await table.info()).rowCount).toBe(5)
    expect((await (await table.at(2)).info()).rowCount).toBe(3)
    expect((await table.history()).versions.map(({ version, rowCount }) => [version, rowCount])).toEqual([
      [4, 5],
      [3, 4],
      [2, 3],
    ])
    await expect(table.at(1)).rejects.toMatchObject({ code: 'TABLE' })
  })
})

test('nothing is deleted while no checkpoint is old enough', async () => {
  await withTable((table) => append(table, 0))
  await withTable(async (table) => {
    await append(table, 1)
    await table.checkpoint()
    expect(await logFiles()).toContain(name(0, 'json'))
  })
})

test('a damaged checkpoint is ignored while the commits exist', async () => {
  await withTable(async (table) => {
    for (const id of [0, 1, 2]) await append(table, id)
    await table.checkpoint()
  })
  const checkpoint = join(path, 's/t/_delta_log', name(2, 'checkpoint.parquet'))
  for (const bytes of [new Uint8Array(), (await readFile(checkpoint)).subarray(0, 200)]) {
    await writeFile(checkpoint, bytes)
    await withTable(async (table) => expect((await table.info()).rowCount).toBe(3))
  }
})

test('a damaged checkpoint does not replace commits', async () => {
  await withTable(async (table) => {
    for (const id of [0, 1]) await append(table, id)
    await table.checkpoint()
    for (const id of [2, 3]) await append(table, id)
  })
  const log = join(path, 's/t/_delta_log')
  const whole = await readFile(join(log, name(1, 'checkpoint.parquet')))
  await writeFile(join(log, name(3, 'checkpoint.parquet')), whole.subarray(0, 100))
  const then = new Date(Date.now() - 40 * DAY_MS)
  for (const file of await logFiles()) await utimes(join(log, file), then, then)
  await withTable(async (table) => {
    await append(table, 4)
    await table.checkpoint()
  })
  expect(await logFiles()).toEqual(expect.arrayContaining([1, 2, 3, 4].map((version) => name(version, 'json'))))
  expect(await logFiles()).not.toContain(name(0, 'json'))
  await withTable(async (table) => expect(await (await table.at(3)).info()).toMatchObject({ rowCount: 4 }))
})

test('a missing commit is an error, and never ignored', async () => {
  await withTable(async (table) => {
    for (const id of [0, 1, 2]) await append(table, id)
  })
  await rm(join(path, 's/t/_delta_log', name(1, 'json')))
  await withTable((table) => expect(table.info()).rejects.toMatchObject({ code: 'TABLE', context: { missing: 1 } }))
})

test('sidecars are deleted once no checkpoint uses them, except new ones whose checkpoint may follow', async () => {
  const table = handMadeTable(join(path, 's/t'))
  const header = [{ protocol: withFeatures('v2Checkpoint') }, metaData([field('id', 'long')])]
  await table.commit(0, ...header)
  const log = join(table.path, '_delta_log')
  await mkdir(join(log, '_sidecars'))
  const sidecar = { path: 'used.parquet', sizeInBytes: 0, modificationTime: 0 }
  const uuid = '3a0d65cd-4056-49b8-937b-95f9e3ee90e5'
  const lines = [...header, { sidecar }].map((action) => JSON.stringify(action))
  await writeFile(join(log, name(0, `checkpoint.${uuid}.json`)), lines.join('\n'))
  for (const file of ['used', 'unused', 'new']) await writeFile(join(log, '_sidecars', `${file}.parquet`), 'x')
  const then = new Date(Date.now() - 40 * DAY_MS)
  for (const file of (await logFiles()).filter((each) => each !== '_sidecars'))
    await utimes(join(log, file), then, then)
  for (const file of ['used', 'unused']) await utimes(join(log, '_sidecars', `${file}.parquet`), then, then)
  await withTable(async (opened) => {
    await append(opened, 1)
    await opened.checkpoint()
  })
  expect((await readdir(join(log, '_sidecars'))).sort()).toEqual(['new.parquet', 'used.parquet'])
  expect(await logFiles()).toContain(name(0, `checkpoint.${uuid}.json`))
})

test('a checkpoint keeps transactions and domains of others, and drops expired ones', async () => {
  const table = handMadeTable(join(path, 's/t'))
  const configuration = { 'delta.setTransactionRetentionDuration': 'interval 1 day' }
  const txn = (appId: string, more = {}) => ({ txn: { appId, version: 7, ...more } })
  const domain = (of: string, removed: boolean) => ({
    domainMetadata: { domain: of, configuration: '{"a":1}', removed },
  })
  await table.commit(
    0,
    { protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['domainMetadata'] } },
    metaData([field('id', 'long')], { configuration, name: 'mine', description: 'what it is' }),
    txn('without a time'),
    txn('new', { lastUpdated: Date.now() }),
    txn('old', { lastUpdated: Date.now() - 2 * DAY_MS }),
    domain('kept', false),
    domain('gone', true),
  )
  await withTable((opened) => opened.checkpoint())
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const rows = await session.rows(
    `select txn.appId as app, domainMetadata.domain as domain, metaData.name as name, metaData.description as description
     from read_parquet('${join(table.path, '_delta_log', name(0, 'checkpoint.parquet'))}')`,
  )
  session.close()
  engine.close()
  const valuesOf = (key: string) => rows.flatMap((row) => row[key] ?? []).sort()
  expect(valuesOf('app')).toEqual(['new', 'without a time'])
  expect(valuesOf('domain')).toEqual(['kept'])
  expect([...valuesOf('name'), ...valuesOf('description')]).toEqual(['mine', 'what it is'])
})
