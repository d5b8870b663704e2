import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeEach, expect, test } from 'vitest'
import { createWriter } from '../src/index.ts'

const table = { tableSchema: 'analytics', tableName: 'pipeline_logs' } as const
const rows = [{ run_id: 'r1', phase: 'bronze', step_name: 'extract', duration_secs: 15, rows_processed: 1000 }] as const

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

test('path opens a DuckDB file', async () => {
  const path = join(folder, 'logs.duckdb')
  const writer = await createWriter({ path, ...table })
  expect(writer.storage.name).toBe('duckdb')
  await writer.writeLogRows(rows)
  await writer.close()
  const again = await createWriter({ storage: duckdbStorage({ path }), ...table })
  expect((await (await again.table()).info()).rowCount).toBe(1)
  await again.close()
})

test('exactly one of path and storage is required', async () => {
  await expect(createWriter(table)).rejects.toMatchObject({ code: 'CONFIGURATION' })
  const storage = duckdbStorage({ path: join(folder, 'a.duckdb') })
  const both = createWriter({ ...table, path: join(folder, 'b.duckdb'), storage })
  await expect(both).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await storage.close()
})

test('settings reach the writer, and an unknown setting is rejected', async () => {
  const path = join(folder, 'logs.duckdb')
  const writer = await createWriter({ path, ...table, batchSize: 7 })
  expect(writer.config).toMatchObject({ ...table, batchSize: 7 })
  await writer.close()
  await expect(createWriter({ path, ...table, batchSise: 7 } as never)).rejects.toMatchObject({ code: 'CONFIGURATION' })
})
