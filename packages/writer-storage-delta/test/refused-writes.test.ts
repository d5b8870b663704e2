import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, deltaStorage, inspectDeltaTable } from '../src/index.ts'

const golden = fileURLToPath(new URL('../../../tooling/fixtures/data/delta', import.meta.url))
let path = ''
let storage: DeltaStorage

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
})
afterEach(async () => {
  await storage.close()
})

async function open(name: string) {
  await cp(join(golden, name), join(path, 'golden', name), { recursive: true })
  return storage.openTable({ schema: 'golden', name })
}
const ids = (...values: number[]) => {
  const columns: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
  return batchFromRows(
    columns,
    values.map((id) => ({ id })),
  )
}
const filesOf = async (name: string) => (await readdir(join(path, 'golden', name), { recursive: true })).sort()

test.each([
  ['collations-preview-table', 'collations-preview'],
  ['table_with_liquid_clustering', 'liquid'],
  ['table-with-columnmapping-mode-name', 'columnMapping'],
  ['column-mapping-id', 'columnMapping'],
  ['identity_test_written_by_version_5', 'identityColumns'],
  ['dbr_8_1_generated_columns', 'generatedColumns'],
])('%s refuses writes by the name of %s, and stays as it was', async (name, feature) => {
  const table = await open(name)
  const before = await filesOf(name)
  const { version } = await table.info()
  await expect(table.append(ids(1), { batchId: 'a' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    committed: 'no',
    context: { features: expect.arrayContaining([feature]) },
  })
  expect(await filesOf(name)).toEqual(before)
  expect((await table.info()).version).toBe(version)
  expect(await inspectDeltaTable(join(path, 'golden', name))).toMatchObject({ version })
})

test('a table with change data feed accepts appends, and refuses to rewrite rows', async () => {
  const table = await open('cdf-table-update-ops')
  await table.append(ids(77), { batchId: 'a' })
  const keys = { keys: ['id'], whenMatched: 'update' } as const
  await expect(table.merge(ids(77), keys, { batchId: 'b' })).rejects.toMatchObject({
    context: { feature: 'changeDataFeed' },
  })
})

test('an append-only table accepts appends and packing, and refuses to lose rows', async () => {
  const table = await open('syn-append-only-v2')
  await table.append(ids(77), { batchId: 'a' })
  await table.append(ids(78), { batchId: 'b' })
  await expect(table.overwrite(ids(1), { batchId: 'c' })).rejects.toMatchObject({ context: { feature: 'appendOnly' } })
  expect((await table.optimize()).applied).toEqual(['compaction'])
})

test('in-commit timestamps continue after those of others', async () => {
  const table = await open('cdc_ict_table')
  const columns: ColumnDefinition[] = [{ name: 'name', type: 'string', nullable: true }]
  await table.append(batchFromRows(columns, [{ name: 'x' }]), { batchId: 'a' })
  const [newest, before] = (await table.history()).versions
  expect(Date.parse(newest?.timestamp ?? '')).toBeGreaterThan(Date.parse(before?.timestamp ?? ''))
})

test('tables with deletion vectors are rewritten without the deleted rows', async () => {
  const table = await open('table-with-dv-small')
  const before = await table.info()
  expect(before.rowCount).toBe(8)
  await table.optimize()
  expect(await table.info()).toMatchObject({ rowCount: 8, version: before.version + 1 })
})
