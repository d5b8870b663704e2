import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, isWriterError } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { beforeEach, expect, test } from 'vitest'

const REF = { schema: 's', name: 't' }
const COLUMNS: readonly ColumnDefinition[] = [{ name: 'n', type: 'int64', nullable: true }]
type Fields = Record<string, unknown>

let path = ''
beforeEach(async () => {
  path = newFolder()
  const storage = deltaStorage({ path })
  const table = await storage.openTable(REF, { columns: COLUMNS })
  await table.append(batchFromRows(COLUMNS, [{ n: 1 }, { n: 2 }]), { batchId: 'a' })
  await storage.close()
})

/** Changes the named action of the first commit, as a writer with a defect would have written it. */
async function change(name: string, fields: (action: Fields) => unknown): Promise<void> {
  const commit = join(path, 's', 't', '_delta_log', '00000000000000000000.json')
  const lines = (await readFile(commit, 'utf8')).trim().split('\n')
  const changed = lines.map((line) => {
    const action = JSON.parse(line) as Record<string, Fields>
    return action[name] ? JSON.stringify({ [name]: fields(action[name]) }) : line
  })
  await writeFile(commit, `${changed.join('\n')}\n`)
}

async function countRows(): Promise<number> {
  const storage = deltaStorage({ path })
  try {
    const table = await storage.openTable(REF)
    await table.info()
    let rows = 0
    for await (const batch of table.scan({})) rows += batch.rowCount
    return rows
  } finally {
    await storage.close()
  }
}

test.each<[string, string, (action: Fields) => unknown]>([
  ['statistics that are a number', 'add', (add) => ({ ...add, stats: 5 })],
  ['statistics that are an object', 'add', (add) => ({ ...add, stats: { numRecords: 7 } })],
  ['no partition values', 'add', ({ partitionValues: _values, ...add }) => add],
  ['no configuration', 'metaData', ({ configuration: _configuration, ...metaData }) => metaData],
  ['commit information that is a text', 'commitInfo', () => 'odd'],
])('a table with %s is read', async (_what, name, fields) => {
  await change(name, fields)
  expect(await countRows()).toBe(2)
})

test('an action that is null counts as missing, for rows and for the history', async () => {
  const commit = join(path, 's', 't', '_delta_log', '00000000000000000000.json')
  const odd = ['add', 'remove', 'metaData', 'commitInfo', 'txn'].map((name) => JSON.stringify({ [name]: null }))
  await writeFile(commit, `${(await readFile(commit, 'utf8')).trim()}\n${odd.join('\n')}\n`)
  expect(await countRows()).toBe(2)
  const storage = deltaStorage({ path })
  const table = await storage.openTable(REF)
  expect(await table.history({ limit: 5 })).toMatchObject({ totalVersions: 1, versions: [{ rowCount: 2 }] })
  await storage.close()
})

test.each<[string, string, (action: Fields) => unknown]>([
  ['a path that is a number', 'add', (add) => ({ ...add, path: 5 })],
  ['no path', 'add', ({ path: _path, ...add }) => add],
  ['partition values that are a list', 'add', (add) => ({ ...add, partitionValues: [1] })],
  ['a deletion vector that is a text', 'add', (add) => ({ ...add, deletionVector: 'odd' })],
  ['a schema that is an object', 'metaData', (metaData) => ({ ...metaData, schemaString: {} })],
  ['a protocol whose version is a text', 'protocol', (protocol) => ({ ...protocol, minReaderVersion: '1' })],
  ['an action that is a text', 'add', () => 'odd'],
])('a table with %s is refused with its file', async (_what, name, fields) => {
  await change(name, fields)
  const error = await countRows().catch((problem: unknown) => problem)
  expect(isWriterError(error, 'TABLE')).toBe(true)
  expect(error).toMatchObject({ context: { path: expect.stringContaining('00000000000000000000.json') } })
})
