import { batchFromRows, batchRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'

const ID: ColumnDefinition = { name: 'id', type: 'int64', nullable: true }
const column = (name: string): ColumnDefinition => ({ name, type: 'string', nullable: true })
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

async function read(table: DeltaTable) {
  const found: unknown[] = []
  for await (const batch of table.scan({ orderBy: [{ column: 'id' }] })) found.push(...batchRows(batch))
  return found
}

test('small batches of many shapes are all stored', async () => {
  const names = Array.from({ length: 20 }, (_none, at) => `c${at}"x`)
  const columns = [ID, ...names.map(column)]
  const table = await storage.openTable(ref, { columns })
  for (const [id, name] of names.entries()) {
    await table.append(batchFromRows([ID, column(name)], [{ id, [name]: 'given' }]), { batchId: `b${id}` })
  }
  const empty = Object.fromEntries(names.map((name) => [name, null]))
  expect(await read(table)).toEqual(names.map((name, id) => ({ ...empty, id, [name]: 'given' })))
})

test('a small batch that is refused leaves no row for the next one of its shape', async () => {
  const table = await storage.openTable(ref, { columns: [ID, { ...column('text'), nullable: false }] })
  const batch = (id: number, text: string | null) => batchFromRows([ID, column('text')], [{ id, text }])
  await table.append(batch(1, 'one'), { batchId: 'a' })
  await expect(table.append(batch(2, null), { batchId: 'b' })).rejects.toMatchObject({ committed: 'no' })
  await table.append(batch(3, 'three'), { batchId: 'c' })
  expect(await read(table)).toEqual([
    { id: 1, text: 'one' },
    { id: 3, text: 'three' },
  ])
})
