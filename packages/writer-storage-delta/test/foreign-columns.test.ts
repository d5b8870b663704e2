import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchRows, createLogWriter, type LogRowInput, parsePredicate, type Row } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type DeltaStorage, deltaStorage } from '@forge/writer-storage-delta'
import { expect, test } from 'vitest'
import { add, field, handMadeTable, metaData } from './hand-made-table.ts'

const array = { type: 'array', elementType: 'integer', containsNull: true }
const map = { type: 'map', keyType: 'string', valueType: 'integer', valueContainsNull: true }
const struct = { type: 'struct', fields: [field('a'), field('b', 'string')] }

/** The columns of other engines, each with a value in SQL and the value that is read. */
const FOREIGN: readonly (readonly [name: string, type: unknown, sqlValue: string, read: unknown])[] = [
  ['price', 'decimal(20,4)', '9007199254740993.0001::decimal(20,4)', '9007199254740993.0001'],
  [
    'whole',
    'decimal(38,0)',
    '99999999999999999999999999999999999999::decimal(38,0)',
    '99999999999999999999999999999999999999',
  ],
  ['bytes', 'binary', `'\\x00\\xFFab'::blob`, '00ff6162'],
  ['small', 'short', '(-32768)::smallint', -32768],
  ['tiny', 'byte', '127::tinyint', 127],
  ['numbers', array, '[1, null, 3]::integer[]', '[1,null,3]'],
  ['pair', struct, `{'a': 1::integer, 'b': 'x'}`, '{"a":1,"b":"x"}'],
  ['counts', map, `map {'k': 2::integer}`, '{"k":2}'],
  ['nothing', 'void', '', null],
  ['local', 'timestamp_ntz', `timestamp '2024-02-29 01:02:03.000004'`, '2024-02-29T01:02:03.000004Z'],
  ['day', 'date', `date '2024-02-29'`, '2024-02-29'],
  ['rough', 'float', '0.5::float', 0.5],
]
const VALUES = Object.fromEntries(FOREIGN.map(([name, , , read]) => [name, read]))
const NULLS = Object.fromEntries(FOREIGN.map(([name]) => [name, null]))
const REF = { schema: 'analytics', name: 'pipeline_logs' }
const CONFIG = { tableSchema: REF.schema, tableName: REF.name }
const row = (run: number): LogRowInput => ({ run_id: `r${run}`, phase: 'bronze', step_name: 'load' })

/** Creates a log table with the columns of other engines, and one row of theirs with all of these columns. */
async function foreignTable(): Promise<DeltaStorage> {
  const path = newFolder()
  const storage = deltaStorage({ path })
  const writer = await createLogWriter({ storage, config: CONFIG })
  await writer.writeLogRows([row(0)])
  await writer.close()
  const location = join(path, REF.schema, REF.name)
  const log = join(location, '_delta_log')
  const lines = (await readFile(join(log, '00000000000000000000.json'), 'utf8')).split('\n')
  const metadata = lines.flatMap((line) => JSON.parse(line || '{}').metaData ?? [])[0]
  const { fields } = JSON.parse(metadata.schemaString)
  const table = handMadeTable(location)
  const stored = FOREIGN.filter(([, type]) => type !== 'void').map(([name, , value]) => `${value} as ${name}`)
  await table.file(
    'theirs.parquet',
    `select * replace ('r1' as run_id), ${stored.join(', ')} from read_parquet('${join(location, '*.parquet')}')`,
  )
  const all = [...fields, ...FOREIGN.map(([name, type]) => field(name, type))]
  const changed = metaData(all, { id: metadata.id, configuration: metadata.configuration })
  await table.commit(
    (await readdir(log)).filter((name) => /^\d+\.json$/.test(name)).length,
    changed,
    add('theirs.parquet'),
  )
  await storage.close()
  return deltaStorage({ path })
}

async function rowsOf(storage: DeltaStorage): Promise<Row[]> {
  const table = await storage.openTable(REF)
  const rows: Row[] = []
  const columns = ['run_id', ...FOREIGN.map(([name]) => name)]
  for await (const batch of table.scan({ columns, orderBy: [{ column: 'run_id' }] })) rows.push(...batchRows(batch))
  return rows
}

test.each(['append', 'merge', 'ignore', 'overwrite'] as const)(
  'a write in mode %s succeeds in a table with columns of every foreign type',
  async (writeMode) => {
    const storage = await foreignTable()
    const writer = await createLogWriter({ storage, config: { ...CONFIG, writeMode } })
    await writer.writeLogRows(writeMode === 'append' ? [row(2)] : [row(1), row(2)])
    const rows = (await rowsOf(storage)).filter(({ run_id }) => run_id !== 'r0')
    expect(rows).toEqual([
      { run_id: 'r1', ...(writeMode === 'overwrite' ? NULLS : VALUES) },
      { run_id: 'r2', ...NULLS },
    ])
    await writer.close()
    await storage.close()
  },
)

test('a stream of many rows is stored, and its values are read with the types of batches', async () => {
  const storage = await foreignTable()
  const writer = await createLogWriter({ storage, config: CONFIG })
  await writer.writeLogRows(Array.from({ length: 33_000 }, (_none, at) => row(at + 2)))
  const odd = { ...row(0), price: '123.4500', bytes: Uint8Array.of(1, 255), tiny: -128, day: '2024-01-01' }
  await writer.writeLogRows([odd])
  const rows = await rowsOf(storage)
  expect(rows).toHaveLength(33_003)
  expect(rows[1]).toMatchObject({ price: '123.4500', bytes: '01ff', tiny: -128, day: '2024-01-01', small: null })
  const table = await storage.openTable(REF)
  const deleteWhere = async (text: string) => (await table.delete(parsePredicate(text), { batchId: text })).rowsDeleted
  expect(await deleteWhere('price = 9007199254740993')).toBe(0)
  expect(await deleteWhere('whole > 99999999999999999999999999999999999998')).toBe(1)
  await writer.close()
  await storage.close()
})

test.each([
  ['price', 0.00001],
  ['bytes', 'xyz'],
  ['tiny', 128],
  ['numbers', '{"a":1}'],
  ['nothing', 'x'],
])('a value that %s cannot hold is refused by name: %s', async (name, value) => {
  const storage = await foreignTable()
  const writer = await createLogWriter({ storage, config: CONFIG })
  const failing = writer.writeLogRows([{ ...row(2), [name]: value }])
  await expect(failing).rejects.toMatchObject({ committed: 'no' })
  await expect(failing).rejects.toThrow(name)
  expect(await rowsOf(storage)).toHaveLength(2)
  await writer.close()
  await storage.close()
})
