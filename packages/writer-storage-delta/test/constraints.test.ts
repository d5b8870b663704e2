import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, deltaStorage } from '../src/index.ts'

const golden = fileURLToPath(new URL('../../../tooling/fixtures/data/delta/syn-check-constraints-v3', import.meta.url))
const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'msg', type: 'string', nullable: true },
]
const rows = (...ids: (number | null)[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id, msg: `m${id}` })),
  )
const keys = { keys: ['id'], whenMatched: 'update' } as const
let path = ''
let storage: DeltaStorage

beforeEach(async () => {
  path = newFolder()
  await cp(golden, join(path, 's/t'), { recursive: true })
  storage = deltaStorage({ path })
})
afterEach(async () => {
  await storage.close()
})

const open = () => storage.openTable({ schema: 's', name: 't' })
const dataFiles = async () => (await readdir(join(path, 's/t'))).filter((name) => name.endsWith('.parquet')).sort()

/** Changes the first commit, which holds protocol and metadata. */
async function alter(change: (text: string) => string): Promise<void> {
  const file = join(path, 's/t/_delta_log/00000000000000000000.json')
  await writeFile(file, change(await readFile(file, 'utf8')))
}
const withCheck = (sql: string) => alter((text) => text.replace('"id > 0"', JSON.stringify(sql)))

test('rows that fulfil the CHECK constraint are written, others are refused with its name and leave nothing', async () => {
  const table = await open()
  await table.append(rows(7, 8), { batchId: 'a' })
  const before = await dataFiles()
  const { version, rowCount } = await table.info()
  for (const [batchId, refused] of Object.entries({ b: rows(9, -1), c: rows(null), d: rows(0) })) {
    await expect(table.append(refused, { batchId })).rejects.toMatchObject({
      code: 'SCHEMA',
      committed: 'no',
      context: { feature: 'checkConstraints', constraint: 'idpos', rows: 1 },
    })
  }
  await expect(table.merge(rows(7, -7), keys, { batchId: 'e' })).rejects.toMatchObject({ code: 'SCHEMA' })
  await expect(table.overwrite(rows(-1), { batchId: 'f' })).rejects.toMatchObject({ code: 'SCHEMA' })
  expect(await dataFiles()).toEqual(before)
  expect(await table.info()).toMatchObject({ version, rowCount })
  expect(await table.merge(rows(7, 10), keys, { batchId: 'g' })).toMatchObject({ rowsUpdated: 1, rowsInserted: 1 })
})

test('names in a constraint match in any letter case', async () => {
  await withCheck("ID BETWEEN 1 AND 100 AND Msg LIKE 'm%'")
  const table = await open()
  await table.append(rows(7), { batchId: 'a' })
  await expect(table.append(rows(101), { batchId: 'b' })).rejects.toMatchObject({ context: { constraint: 'idpos' } })
})

test.each(['size(msg) > 3', 'id > other', '`id` > 0', 'msg > 0', 'msg = "x"'])(
  'the constraint %s, which cannot be checked here, is refused by name',
  async (sql) => {
    await withCheck(sql)
    const table = await open()
    const { version } = await table.info()
    await expect(table.append(rows(7), { batchId: 'a' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      committed: 'no',
      context: { feature: 'checkConstraints', constraint: 'idpos' },
    })
    expect((await table.info()).version).toBe(version)
  },
)

test('an invariant of a column is enforced', async () => {
  const invariant = JSON.stringify({ 'delta.invariants': '{"expression":{"expression":"id < 10"}}' })
  await alter((text) =>
    text.replace(
      '\\"nullable\\":true,\\"metadata\\":{}',
      `\\"nullable\\":true,\\"metadata\\":${JSON.stringify(invariant).slice(1, -1)}`,
    ),
  )
  const table = await open()
  await table.append(rows(7), { batchId: 'a' })
  await expect(table.append(rows(11), { batchId: 'b' })).rejects.toMatchObject({ context: { feature: 'invariants' } })
})

const struct = (nullable: boolean) => ({
  type: 'struct',
  fields: [{ name: 'x', type: 'integer', nullable, metadata: {} }],
})
test.each([
  ['nested', false, struct(true)],
  ['nested.x', true, struct(false)],
  ['nested', false, { type: 'array', elementType: 'integer', containsNull: true }],
  ['nested', false, { type: 'map', keyType: 'string', valueType: 'integer', valueContainsNull: true }],
])('a row without the required %s is refused (nullable outside: %s, type: %j)', async (column, nullable, type) => {
  const nested = JSON.stringify({ name: 'nested', type, nullable, metadata: {} })
  await alter((text) => text.replace('\\"fields\\":[', `\\"fields\\":[${JSON.stringify(nested).slice(1, -1)},`))
  const table = await open()
  const { version } = await table.info()
  await expect(table.append(rows(7), { batchId: 'a' })).rejects.toMatchObject({
    code: 'SCHEMA',
    committed: 'no',
    context: { constraint: `NOT NULL of column ${column}` },
  })
  expect((await table.info()).version).toBe(version)
})

test.each(['varchar(3)', 'char(3)'])('texts that are too long for a %s are refused', async (declared) => {
  const metadata = JSON.stringify({ __CHAR_VARCHAR_TYPE_STRING: declared })
  await alter((text) =>
    text.replace(
      /(\\"name\\":\\"msg\\".*?\\"metadata\\":)\{\}/,
      (_all, start) => `${start}${JSON.stringify(metadata).slice(1, -1)}`,
    ),
  )
  const table = await open()
  await table.append(batchFromRows(COLUMNS, [{ id: 7, msg: 'é\u{1f600}x' }, { id: 8 }]), { batchId: 'a' })
  await expect(table.append(batchFromRows(COLUMNS, [{ id: 9, msg: 'four' }]), { batchId: 'b' })).rejects.toMatchObject({
    code: 'SCHEMA',
    context: { constraint: `${declared} of column msg`, rows: 1 },
  })
})
