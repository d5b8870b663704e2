import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { beforeEach, expect, test } from 'vitest'
import { checksumDeltaTable, deltaStorage } from '../src/index.ts'

const golden = fileURLToPath(new URL('../../../tooling/fixtures/data/delta', import.meta.url))
const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'at', type: 'timestamp', nullable: true },
  { name: 'day', type: 'date', nullable: true },
]
const ref = { schema: 's', name: 't' }
const name = (version: number) => `${String(version).padStart(20, '0')}.json`
let path = ''

beforeEach(() => {
  path = newFolder()
})

const rows = (...ids: number[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id, at: `2024-01-01T00:00:00.00${id % 10}999Z`, day: id === 0 ? null : '2024-02-29' })),
  )

test('compactions of the log replace missing commits', async () => {
  const table = join(path, 'table')
  await cp(join(golden, 'syn-log-compaction'), table, { recursive: true })
  const whole = await Promise.all([5, 7].map((version) => checksumDeltaTable(table, { version })))
  for (const version of [2, 3, 4, 6]) await rm(join(table, '_delta_log', name(version)))
  expect(await Promise.all([5, 7].map((version) => checksumDeltaTable(table, { version })))).toEqual(whole)
  // One compaction ends too early, the other covers too much.
  await expect(checksumDeltaTable(table, { version: 4 })).rejects.toMatchObject({ context: { missing: 4 } })
})

test('a writer does not continue a table that another process deleted', async () => {
  const storage = deltaStorage({ path })
  const table = await storage.openTable(ref, { columns: COLUMNS })
  for (const id of [1, 2, 3]) await table.append(rows(id), { batchId: String(id) })
  await rm(join(path, 's/t'), { recursive: true })
  expect(await table.info()).toMatchObject({ exists: false })
  expect(await table.append(rows(4), { batchId: '4' })).toMatchObject({ version: 0 })
  expect(await table.info()).toMatchObject({ rowCount: 1, version: 0 })
  await storage.close()
})

test('a reader notices that another table replaced the one it knows', async () => {
  const storage = deltaStorage({ path })
  const [table, next] = await Promise.all(
    [ref, { schema: 's', name: 'next' }].map((each) => storage.openTable(each, { columns: COLUMNS })),
  )
  for (const id of [1, 2]) await table?.append(rows(id), { batchId: String(id) })
  for (const id of [3, 4, 5]) await next?.append(rows(id, id + 1), { batchId: String(id) })
  expect(await table?.info()).toMatchObject({ rowCount: 2 })
  await rm(join(path, 's/t'), { recursive: true })
  await cp(join(path, 's/next'), join(path, 's/t'), { recursive: true })
  expect(await table?.info()).toMatchObject({ version: 2, rowCount: 6 })
  await storage.close()
})

test.each([
  [{ 'delta.checkpoint.writeStatsAsStruct': 'true', 'delta.checkpoint.writeStatsAsJson': 'false' }, [], false, true],
  [{ 'delta.checkpoint.writeStatsAsStruct': 'true' }, ['day'], true, true],
  [{ 'delta.checkpoint.writeStatsAsJson': 'false' }, ['day'], false, false],
  [{}, [], true, false],
])(
  'a checkpoint holds statistics in the form that %j asks for',
  async (tableProperties, partitionColumns, asText, asStruct) => {
    const storage = deltaStorage({ path, tableProperties })
    const table = await storage.openTable(ref, { columns: COLUMNS, partitionColumns })
    await table.append(rows(0, 1, 2), { batchId: 'a' })
    await table.append(rows(9), { batchId: 'b' })
    await table.checkpoint()
    const log = join(path, 's/t/_delta_log')
    const engine = await openEngine({ threads: 1 })
    const session = await engine.session()
    const [described] = await session.rows(
      `select typeof("add") as type from read_parquet('${join(log, '00000000000000000001.checkpoint.parquet')}') limit 1`,
    )
    const type = String(described?.type)
    expect(/\bstats VARCHAR/.test(type)).toBe(asText)
    expect(/stats_parsed STRUCT\(numRecords BIGINT/.test(type)).toBe(asStruct)
    expect(/partitionValues_parsed STRUCT\("?day"? DATE/.test(type)).toBe(asStruct && partitionColumns.length > 0)
    session.close()
    engine.close()
    for (const version of [0, 1]) await rm(join(log, name(version)))
    const again = deltaStorage({ path })
    const reader = await again.openTable(ref)
    expect(await reader.info()).toMatchObject({ rowCount: 4, version: 1 })
    const found: unknown[] = []
    for await (const batch of reader.scan({
      where: {
        op: 'compare',
        operator: '>',
        left: { kind: 'column', name: 'at' },
        right: { kind: 'literal', value: '2024-01-01T00:00:00.009Z' },
      },
    })) {
      found.push(batch.rowCount)
    }
    expect(found).toEqual([1])
    await again.close()
    await storage.close()
    expect(JSON.parse(await readFile(join(log, '_last_checkpoint'), 'utf8')).version).toBe(1)
  },
)
