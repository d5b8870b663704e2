import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { expect, test } from 'vitest'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]

test('a deep check reads the data of every file, and names those that cannot be read', async () => {
  const path = newFolder()
  const storage = deltaStorage({ path })
  const table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS })
  for (const part of [0, 1]) {
    const rows = Array.from({ length: 20_000 }, (_none, id) => ({ id, text: `text ${part} ${id * 7919}` }))
    await table.append(batchFromRows(COLUMNS, rows), { batchId: `b${part}` })
  }
  const data = async (deep: boolean) => {
    const report = await storage.doctor?.({ deep })
    return report?.checks.find(({ name }) => name === 's.t data')
  }
  expect(await data(false)).toBeUndefined()
  expect(await data(true)).toMatchObject({ status: 'ok' })
  const folder = join(path, 's', 't')
  const name = (await readdir(folder)).find((each) => each.endsWith('.parquet')) ?? ''
  const bytes = await readFile(join(folder, name))
  // The footer stays whole, so only reading the pages shows the damage.
  bytes.fill(255, 200, Math.floor(bytes.length / 2))
  await writeFile(join(folder, name), bytes)
  const other = deltaStorage({ path })
  const report = await other.doctor?.({ deep: true })
  expect(report?.checks.find(({ name: check }) => check === 's.t files')).toMatchObject({ status: 'ok' })
  expect(report?.checks.find(({ name: check }) => check === 's.t data')).toMatchObject({
    status: 'problem',
    detail: expect.stringContaining(name),
  })
  expect(report?.healthy).toBe(false)
  const repaired = await other.repair?.({ deep: true })
  expect(repaired?.checks.find(({ name: check }) => check === 's.t data')).toMatchObject({ status: 'problem' })
  await other.close()
  await storage.close()
})
