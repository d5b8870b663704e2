import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaTable, deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const ref = { schema: 's', name: 't' }
const DAY_MS = 86_400_000
let path = ''

beforeEach(async () => {
  path = await mkdtemp(join(tmpdir(), 'delta-'))
})
afterEach(() => rm(path, { recursive: true, force: true }))

const logFiles = async () => (await readdir(join(path, 's/t/_delta_log'))).sort()
const name = (version: number, rest: string) => `${String(version).padStart(20, '0')}.${rest}`

async function withTable(work: (table: DeltaTable) => Promise<unknown>): Promise<void> {
  const storage = deltaStorage({ path })
  await work(await storage.openTable(ref, { columns: COLUMNS }))
  await storage.close()
}
const append = (table: DeltaTable, id: number) =>
  table.append(batchFromRows(COLUMNS, [{ id }]), { batchId: String(id) })

test('old commits go once a checkpoint that is as old stands in for them', async () => {
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

test('nothing goes while no checkpoint is old enough', async () => {
  await withTable((table) => append(table, 0))
  await withTable(async (table) => {
    await append(table, 1)
    await table.checkpoint()
    expect(await logFiles()).toContain(name(0, 'json'))
  })
})

test('a damaged checkpoint is passed over while the commits are there', async () => {
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

test('a missing commit is an error, never passed over', async () => {
  await withTable(async (table) => {
    for (const id of [0, 1, 2]) await append(table, id)
  })
  await rm(join(path, 's/t/_delta_log', name(1, 'json')))
  await withTable((table) => expect(table.info()).rejects.toMatchObject({ code: 'TABLE', context: { missing: 1 } }))
})
