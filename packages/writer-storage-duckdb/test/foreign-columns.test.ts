import { DuckDBInstance } from '@duckdb/node-api'
import {
  batchFromRows,
  batchRows,
  createLogWriter,
  type LogRowInput,
  parsePredicate,
  type Row,
} from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { freshPath } from './log-rows.ts'

/** Columns that others have, with a value of each and what it reads as. */
const FOREIGN: readonly (readonly [name: string, sqlType: string, sqlValue: string, read: unknown])[] = [
  ['price', 'decimal(20,4)', '9007199254740993.0001', '9007199254740993.0001'],
  ['tiny_price', 'decimal(4,1)', '-999.9', '-999.9'],
  ['bytes', 'blob', `'\\x00\\xFFab'::blob`, '00ff6162'],
  ['numbers', 'integer[]', '[1, null, 3]', '[1,null,3]'],
  ['fixed', 'integer[3]', '[1, 2, 3]', '[1,2,3]'],
  ['pair', 'struct(a integer, "b c" varchar)', `{'a': 1, 'b c': 'x'}`, '{"a":1,"b c":"x"}'],
  ['counts', 'map(varchar, integer)', `map {'k': 2}`, '{"k":2}'],
  ['u', 'uuid', `'550e8400-e29b-41d4-a716-446655440000'`, '550e8400-e29b-41d4-a716-446655440000'],
  ['huge', 'hugeint', '170141183460469231731687303715884105727', '170141183460469231731687303715884105727'],
  ['unsigned_long', 'ubigint', '18446744073709551615', '18446744073709551615'],
  ['unsigned', 'uinteger', '4294967295', 4294967295],
  ['small', 'smallint', '-32768', -32768],
  ['tiny', 'tinyint', '127', 127],
  ['unsigned_tiny', 'utinyint', '255', 255],
  ['gap', 'interval', `interval '1 day 2 hours'`, '1 day 02:00:00'],
  ['clock', 'time', `time '01:02:03.000004'`, '01:02:03.000004'],
  ['mood', `enum('sad', 'ok')`, `'ok'`, 'ok'],
  ['bits', 'bit', `'0101'::bit`, '0101'],
  ['day', 'date', `date '2024-02-29'`, '2024-02-29'],
  ['rough', 'float', '0.5', 0.5],
  ['moment', 'timestamp_ns', `'2024-02-29 01:02:03.000000001'`, '2024-02-29 01:02:03.000000001'],
  ['micros', 'timestamp_ns', `'1969-02-28 01:02:03.000001'`, '1969-02-28T01:02:03.000001Z'],
  ['forever', 'timestamp_ns', `'infinity'`, 'infinity'],
  ['moments', 'timestamp_ns[]', `['2024-02-29 01:02:03.000000001']`, '["2024-02-29 01:02:03.000000001"]'],
  ['seconds', 'timestamp_s', `'2024-02-29 01:02:03'`, '2024-02-29T01:02:03.000000Z'],
  ['fine_clock', 'time_ns', `'01:02:03.000000004'`, '01:02:03.000000004'],
]

const REF = { schema: 'analytics', name: 'pipeline_logs' }
const row = (run: number): LogRowInput => ({ run_id: `r${run}`, phase: 'bronze', step_name: 'load' })

/** A log table with the columns of others, and one row that has them all. */
async function foreignTable() {
  const path = await freshPath()
  const storage = duckdbStorage({ path })
  const writer = await createLogWriter({ storage, config: { tableSchema: REF.schema, tableName: REF.name } })
  await writer.writeLogRows([row(1)])
  await writer.close()
  await storage.close()
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const [name, type, value] of FOREIGN) {
    await connection.run(`alter table analytics.pipeline_logs add column ${name} ${type}`)
    await connection.run(`update analytics.pipeline_logs set ${name} = ${value}`)
  }
  connection.closeSync()
  instance.closeSync()
  return path
}

async function rowsOf(storage: ReturnType<typeof duckdbStorage>): Promise<Row[]> {
  const table = await storage.openTable(REF)
  const rows: Row[] = []
  const columns = ['run_id', ...FOREIGN.map(([name]) => name)]
  for await (const batch of table.scan({ columns, orderBy: [{ column: 'run_id' }] })) rows.push(...batchRows(batch))
  return rows
}

const VALUES = Object.fromEntries(FOREIGN.map(([name, , , read]) => [name, read]))
const NULLS = Object.fromEntries(FOREIGN.map(([name]) => [name, null]))

test.each(['append', 'merge', 'ignore', 'overwrite'] as const)(
  'a write in the mode %s goes into a table with columns of every foreign type',
  async (writeMode) => {
    const storage = duckdbStorage({ path: await foreignTable() })
    const config = { tableSchema: REF.schema, tableName: REF.name, writeMode }
    const writer = await createLogWriter({ storage, config })
    await writer.writeLogRows(writeMode === 'append' ? [row(2)] : [row(1), row(2)])
    const [first, second] = await rowsOf(storage)
    expect(first).toEqual({ run_id: 'r1', ...(writeMode === 'overwrite' ? NULLS : VALUES) })
    expect(second).toEqual({ run_id: 'r2', ...NULLS })
    await writer.close()
    await storage.close()
  },
)

test('a stream of many rows goes in, and rows give values of the types that batches have', {
  tags: 'many-rows',
}, async () => {
  const storage = duckdbStorage({ path: await foreignTable() })
  const writer = await createLogWriter({ storage, config: { tableSchema: REF.schema, tableName: REF.name } })
  await writer.writeLogRows(Array.from({ length: 33_000 }, (_none, at) => row(at + 2)))
  const odd = { ...row(0), price: '123.4500', bytes: Uint8Array.of(1, 255), huge: -5n, tiny: -128 }
  await writer.writeLogRows([odd])
  const rows = await rowsOf(storage)
  expect(rows).toHaveLength(33_002)
  expect(rows[0]).toMatchObject({ run_id: 'r0', price: '123.4500', bytes: '01ff', huge: '-5', tiny: -128, small: null })
  const table = await storage.openTable(REF)
  const deleteRows = async (text: string) => (await table.delete(parsePredicate(text), { batchId: text })).rowsDeleted
  expect(await deleteRows('unsigned_long = 18446744073709551614')).toBe(0)
  expect(await deleteRows('huge = 170141183460469231731687303715884105726')).toBe(0)
  expect(await deleteRows('price = 9007199254740993.0001')).toBe(1)
  await writer.close()
  await storage.close()
})

test('nanoseconds are compared exactly, and a table with them is not migrated to a type that lacks them', async () => {
  const path = await foreignTable()
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run('alter table analytics.pipeline_logs alter run_started_at type timestamp_ns')
  await connection.run(`update analytics.pipeline_logs set run_started_at = '2024-02-29 01:02:03.123456789'`)
  connection.closeSync()
  instance.closeSync()
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(REF)
  const count = async (text: string) => {
    let rows = 0
    for await (const batch of table.scan({ where: parsePredicate(text) })) rows += batch.rowCount
    return rows
  }
  expect(await count(`moment = '2024-02-29 01:02:03.000000001'`)).toBe(1)
  expect(await count(`moment = '2024-02-29 01:02:03.000000002'`)).toBe(0)
  await expect(table.migrate()).rejects.toMatchObject({
    code: 'SCHEMA',
    committed: 'no',
    context: { problems: [{ column: 'run_started_at', problem: expect.any(String) }] },
  })
  await storage.close()
})

test.each([
  ['unsigned_long', -1n],
  ['unsigned_long', 2n ** 64n],
  ['unsigned_long', -1],
  ['unsigned', -1],
  ['unsigned', 2n ** 32n],
  ['unsigned_tiny', 256],
])('a number beyond the engine type of %s does not fit: %s', async (name, value) => {
  const storage = duckdbStorage({ path: await foreignTable() })
  const table = await storage.openTable(REF)
  const given = typeof value === 'bigint' && name !== 'unsigned' ? 'decimal(39,0)' : 'int64'
  const batch = batchFromRows([{ name, type: given, nullable: true }], [{ [name]: value }])
  await expect(table.append(batch, { batchId: 'a' })).rejects.toMatchObject({
    code: 'SCHEMA',
    committed: 'no',
    context: { columns: [name] },
  })
  await storage.close()
})

test.each([
  ['price', 0.00001],
  ['price', 'abc'],
  ['bytes', 'xyz'],
  ['tiny', 128],
  ['u', '550e8400-e29b-41d4-a716-446655440001'],
])('a value that %s cannot hold is refused by name: %s', async (name, value) => {
  const storage = duckdbStorage({ path: await foreignTable() })
  const writer = await createLogWriter({ storage, config: { tableSchema: REF.schema, tableName: REF.name } })
  const failing = writer.writeLogRows([{ ...row(2), [name]: value }])
  await expect(failing).rejects.toMatchObject({ committed: 'no' })
  await expect(failing).rejects.toThrow(name)
  expect(await rowsOf(storage)).toHaveLength(1)
  await writer.close()
  await storage.close()
})
