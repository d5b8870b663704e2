// @module-tag many-calls
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { beforeEach, expect, test } from 'vitest'
import { type ParquetShape, parquetShapes } from '../src/data/parquet-shape.ts'
import { localStore } from '../src/store/local-store.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]
const MIB = 1024 * 1024
let path = ''

beforeEach(() => {
  path = newFolder()
})

test('the engine keeps nothing of files that were read, whether they still exist or were packed since', async () => {
  const storage = deltaStorage({ path, threads: 1 })
  const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  for (let round = 0; round < 6; round++) {
    for (let id = 0; id < 40; id++)
      await table.append(batchFromRows(COLUMNS, [{ id, text: 'x'.repeat(100) }]), { batchId: `${round} ${id}` })
    let rows = 0
    for await (const batch of table.scan()) rows += batch.rowCount
    expect(rows).toBe((round + 1) * 40)
    await table.optimize()
  }
  // 16 KB of each of the 250 files would be four times as much.
  expect(await storage.engineMemoryBytes?.()).toBeLessThan(MIB)
  await storage.close()
})

test('shapes of files that are no longer read are forgotten, and files with the same shape share one object', async () => {
  const storage = deltaStorage({ path, threads: 1 })
  const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const store = localStore(join(path, 's/t'))
  const cache = new Map<string, ParquetShape>()
  for (const id of [0, 1]) {
    await table.append(batchFromRows(COLUMNS, [{ id, text: 'x' }]), { batchId: String(id) })
    const files = (await store.listPaths('')).filter((file) => file.endsWith('.parquet'))
    await parquetShapes(store, session, files, cache)
  }
  expect(new Set(cache.values()).size).toBe(1)
  const [shape] = cache.values()
  for (let file = 0; file < 100_000; file++) if (shape) cache.set(`gone-${file}`, shape)
  await table.append(batchFromRows(COLUMNS, [{ id: 2, text: 'x' }]), { batchId: '2' })
  const files = (await store.listPaths('')).filter((file) => file.endsWith('.parquet'))
  await parquetShapes(store, session, files, cache)
  expect([...cache.keys()].sort()).toEqual(files)
  session.close()
  engine.close()
  await storage.close()
})
