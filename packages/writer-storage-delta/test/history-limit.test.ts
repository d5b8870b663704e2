import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, eq } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const COMMITS = 40
let path = ''
let storage: DeltaStorage
let table: DeltaTable

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path, tableProperties: { 'delta.checkpointInterval': '10' } })
  table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  for (let id = 0; id < COMMITS; id++) {
    const batch = batchFromRows(COLUMNS, [{ id }, { id: -id }])
    if (id % 13 === 12) await table.overwrite(batch, { batchId: `b${id}` })
    else if (id % 7 === 6) await table.delete(eq('id', id - 1), { batchId: `b${id}` })
    else await table.append(batch, { batchId: `b${id}` })
  }
})
afterEach(async () => {
  await storage.close()
})

test('the newest versions are the same with and without a limit', async () => {
  const all = await table.history()
  expect(all.versions).toHaveLength(COMMITS)
  for (const limit of [1, 2, 9, 10, 11, COMMITS - 1, COMMITS, COMMITS + 1]) {
    expect(await table.history({ limit })).toEqual({ ...all, versions: all.versions.slice(0, limit) })
  }
})

test('a commit from the future moves those after it, whether it is within the limit or not', async () => {
  const future = new Date('2100-01-01T00:00:00Z')
  await utimes(join(path, 's/t/_delta_log/00000000000000000003.json'), future, future)
  const { versions } = await table.history()
  const limited = await table.history({ limit: 5 })
  expect(limited.versions).toEqual(versions.slice(0, 5))
  expect(limited.versions[0]?.timestamp).toBe(`2100-01-01T00:00:00.0${COMMITS - 1 - 3}Z`)
})
