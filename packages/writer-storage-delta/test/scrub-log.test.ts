import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, eq } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'name', type: 'string', nullable: true }]
const ref = { schema: 's', name: 't' }
let path = ''

beforeEach(() => {
  path = newFolder()
})

async function filesWith(text: string): Promise<string[]> {
  const root = join(path, 's/t')
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const found: string[] = []
  for (const entry of entries.filter((each) => each.isFile())) {
    const file = join(entry.parentPath, entry.name)
    if ((await readFile(file)).includes(text)) found.push(file.slice(root.length + 1))
  }
  return found
}

test('a vacuum of everything leaves no value of a deleted row in the log, and the log stays readable', async () => {
  const storage = deltaStorage({ path })
  const table = await storage.openTable(ref, { columns: COLUMNS, compression: 'uncompressed' })
  const append = (name: string) =>
    table.append(batchFromRows(COLUMNS, [{ name }]), { batchId: `b-${name.at(0)}`, runId: name, note: { of: name } })
  await append('ada-the-subject')
  await table.checkpoint()
  await append('grace')
  await table.delete(eq('name', 'ada-the-subject'), { batchId: 'erase' })
  expect((await filesWith('ada-the-subject')).length).toBeGreaterThan(2)
  const first = join(path, 's/t/_delta_log/00000000000000000000.json')
  const { mtimeMs } = await stat(first)

  expect((await table.vacuum({ everything: true })).filesRemoved).toBeGreaterThan(0)
  expect(await filesWith('ada-the-subject')).toEqual([])
  expect((await stat(first)).mtimeMs).toBeCloseTo(mtimeMs, -1)
  await append('linus')
  await storage.close()

  const again = deltaStorage({ path })
  const reopened = await again.openTable(ref, { columns: COLUMNS })
  expect((await reopened.info()).rowCount).toBe(2)
  const { versions } = await reopened.history()
  expect(versions.map(({ operation, rowCount }) => [operation, rowCount])).toEqual([
    ['append', 2],
    ['vacuum', 1],
    ['vacuum', 1],
    ['delete', 1],
    ['append', 2],
    ['append', 1],
  ])
  expect(await reopened.findBatch('b-g')).toMatchObject({ version: 1 })
  await again.close()
})

test('a writer whose snapshot is older than the scrubbed log continues at the right version', async () => {
  const [one, other] = [deltaStorage({ path }), deltaStorage({ path })]
  const [mine, theirs] = [
    await one.openTable(ref, { columns: COLUMNS }),
    await other.openTable(ref, { columns: COLUMNS }),
  ]
  const batch = batchFromRows(COLUMNS, [{ name: 'x' }])
  await mine.append(batch, { batchId: '1' })
  await theirs.info()
  await mine.append(batch, { batchId: '2' })
  await mine.vacuum({ everything: true })
  const newest = (await mine.info()).version
  expect((await theirs.append(batch, { batchId: '3' })).version).toBe(newest + 1)
  expect((await theirs.info()).rowCount).toBe(3)
  await one.close()
  await other.close()
})
