import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, eq, type LogBatch } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'

const ref = { schema: 's', name: 't' }
const LONG_NAME = 'n'.repeat(200)
const COLUMNS: readonly ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
  { name: LONG_NAME, type: 'int64', nullable: true },
]
/** Texts that are too long for a folder's name, encoded or not, and texts that look like the names of their folders. */
const TEXTS = [
  'x'.repeat(300),
  'ü'.repeat(60),
  `${'%'.repeat(120)}\ufeff`,
  '\ufeff',
  'hash-a',
  'short',
  null,
  ' ',
  'a/b=c:%',
]

let path = ''
let storage: DeltaStorage

beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
})
afterEach(async () => {
  await storage.close()
})

function rows(first: number, count: number, texts: readonly (string | null)[] = TEXTS): LogBatch {
  return batchFromRows(
    COLUMNS,
    Array.from({ length: count }, (_none, at) => ({
      id: first + at,
      text: texts[at % texts.length],
      [LONG_NAME]: at % 2,
    })),
  )
}

const PATHS: readonly (readonly [string, (table: DeltaTable, texts?: typeof TEXTS) => Promise<unknown>])[] = [
  ['an append', (table, texts) => table.append(rows(0, 20, texts), { batchId: 'b' })],
  ['a larger append', (table, texts) => table.append(rows(0, 3000, texts), { batchId: 'b' })],
  ['a stream', (table, texts) => table.appendStream([rows(0, 9, texts), rows(9, 3000, texts)], { batchId: 'b' })],
  [
    'a merge',
    (table, texts) => table.merge(rows(0, 9, texts), { keys: ['id'], whenMatched: 'update' }, { batchId: 'b' }),
  ],
  ['an overwrite', (table, texts) => table.overwrite(rows(0, 9, texts), { batchId: 'b' })],
]

test.each(PATHS)('partitions may have texts of any length, written by %s', async (_name, write) => {
  const table = await storage.openTable(ref, { columns: COLUMNS, partitionColumns: ['text', LONG_NAME] })
  await write(table)
  await expectTexts(table)
  for (const rewrite of [
    () => table.append(rows(10_000, 18), { batchId: 'c' }),
    () => table.delete(eq('id', 10_000), { batchId: 'd' }),
    () => table.optimize({ clusterColumns: ['id'] }),
    () => table.evolve({ add: [{ name: 'more', type: 'string', nullable: true }] }),
  ]) {
    await rewrite()
    await expectTexts(table)
  }
  for (const text of TEXTS.filter((each) => each !== null)) {
    const [row] = await table.aggregate({ where: eq('text', text), measures: [{ as: 'n', fn: 'count' }] })
    expect(Number(row?.n)).toBeGreaterThan(0)
  }
})

test.each(PATHS)(
  'an empty text, which Delta takes for null, is refused as a partition value by %s',
  async (_name, write) => {
    const table = await storage.openTable(ref, { columns: COLUMNS, partitionColumns: ['text'] })
    await table.append(rows(0, 2, ['a']), { batchId: 'a' })
    const before = await dataFiles(join(path, 's/t'))
    await expect(write(table, ['a', ''])).rejects.toMatchObject({
      code: 'SCHEMA',
      committed: 'no',
      context: { columns: ['text'] },
    })
    expect(await dataFiles(join(path, 's/t'))).toEqual(before)
  },
)

async function expectTexts(table: DeltaTable) {
  const found: (string | null)[] = []
  for await (const batch of table.scan({ columns: ['text'] })) {
    for (const { text } of batchRows(batch)) found.push(typeof text === 'string' ? text : null)
  }
  expect(new Set(found)).toEqual(new Set(TEXTS))
  const log = join(path, 's/t/_delta_log')
  const names = (await readdir(log)).filter((name) => name.endsWith('.json')).sort()
  const lines = (await readFile(join(log, names.at(-1) ?? ''), 'utf8')).trim().split('\n')
  for (const { add } of lines.map((line) => JSON.parse(line))) {
    if (!add) continue
    expect(TEXTS).toContain(add.partitionValues.text)
    expect(['0', '1']).toContain(add.partitionValues[LONG_NAME])
    expect((await stat(join(path, 's/t', decodeURIComponent(add.path)))).size).toBe(add.size)
  }
}

async function dataFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => name.endsWith('.parquet')).sort()
}
