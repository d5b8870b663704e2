import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, type LogBatch } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]
const MORE: ColumnDefinition[] = [...COLUMNS, { name: 'more', type: 'double', nullable: true }]
const ref = { schema: 's', name: 't' }
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
    ids.map((id) => ({ id, text: `t${id}` })),
  )
function* stream(...batches: (LogBatch | Error)[]) {
  for (const batch of batches) {
    if (batch instanceof Error) throw batch
    yield batch
  }
}
async function read(table: DeltaTable) {
  const found: unknown[] = []
  for await (const batch of table.scan({ orderBy: [{ column: 'id' }] })) found.push(...batchRows(batch))
  return found
}
const dataFiles = async () => (await readdir(join(path, 's/t'))).filter((name) => name.endsWith('.parquet'))

test('all batches of a stream are one commit, and a stream whose batch id is stored already is not read', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  expect(await table.appendStream(stream(rows(1, 2), rows(), rows(3)), { batchId: 'a' })).toMatchObject({
    version: 0,
    rowsInserted: 3,
  })
  expect(await table.info()).toMatchObject({ rowCount: 3, files: 1, version: 0 })
  const again = await table.appendStream(stream(new Error('not to be read')), { batchId: 'a' })
  expect(again).toMatchObject({ alreadyWritten: true, rowsInserted: 3 })
  expect(await dataFiles()).toHaveLength(1)
})

test('a stream that fails leaves nothing', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  await expect(table.appendStream(stream(rows(1), rows(2), new Error('broken')), { batchId: 'a' })).rejects.toThrow(
    'broken',
  )
  expect(await table.info()).toMatchObject({ exists: false })
  expect(await dataFiles()).toEqual([])
})

test('a stream without batches creates the table', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  expect(await table.appendStream(stream(), { batchId: 'a' })).toMatchObject({ version: 0, rowsInserted: 0 })
  expect(await table.info()).toMatchObject({ exists: true, rowCount: 0 })
  await table.append(rows(1), { batchId: 'b' })
  expect(await table.info()).toMatchObject({ rowCount: 1 })
})

test('new columns of a later batch become columns of the table', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS, evolveSchema: true })
  await table.appendStream(stream(rows(1), batchFromRows(MORE, [{ id: 2, text: null, more: 2.5 }]), rows(3)), {
    batchId: 'a',
  })
  expect(await read(table)).toEqual([
    { id: 1, text: 't1', more: null },
    { id: 2, text: null, more: 2.5 },
    { id: 3, text: 't3', more: null },
  ])
})

test('values that are too wide for a column leave nothing of the stream', async () => {
  const narrow: ColumnDefinition[] = [{ name: 'id', type: 'int32', nullable: true }]
  const first = await storage.openTable(ref, { columns: narrow })
  await first.append(batchFromRows(narrow, [{ id: 1 }]), { batchId: 'a' })
  const wide = stream(
    batchFromRows(COLUMNS.slice(0, 1), [{ id: 2 }]),
    batchFromRows(COLUMNS.slice(0, 1), [{ id: 2 ** 40 }]),
  )
  await expect(first.appendStream(wide, { batchId: 'b' })).rejects.toMatchObject({ code: 'SCHEMA' })
  expect(await dataFiles()).toHaveLength(1)
})

test('a plan shows which files remain under a condition', async () => {
  const table = await storage.openTable(ref, { columns: COLUMNS })
  expect(await table.explain()).toMatchObject({ version: -1, files: 0, totalFiles: 0 })
  await table.append(rows(1, 2), { batchId: 'a' })
  await table.append(rows(10, 11), { batchId: 'b' })
  const where = {
    op: 'compare',
    operator: '>',
    left: { kind: 'column', name: 'id' },
    right: { kind: 'literal', value: 9 },
  } as const
  const plan = await table.explain({ where })
  expect(plan).toMatchObject({ version: 1, files: 1, totalFiles: 2 })
  expect(plan.sizeBytes).toBeLessThan(plan.totalSizeBytes)
})
