import { DuckDBInstance } from '@duckdb/node-api'
import { batchFromRows, LOG_COLUMNS } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { allRows, freshPath, LOGS, manyRows, openLogs } from './log-rows.ts'

test('schema evolution adds columns if the options allow it', async () => {
  const { storage } = await openLogs()
  const table = await storage.openTable(LOGS, { evolveSchema: true })
  await table.append(manyRows(1), { batchId: 'a' })
  const extra = batchFromRows(
    [...LOG_COLUMNS, { name: 'team', type: 'string', nullable: true }],
    [{ ...logRowOf(), team: 'x' }],
  )
  await table.append(extra, { batchId: 'b' })
  await table.evolve({ add: [{ name: 'cost', type: 'double', nullable: true }] })
  expect(await allRows(table, { columns: ['team', 'cost'], orderBy: [{ column: 'team' }] })).toEqual([
    { team: 'x', cost: null },
    { team: null, cost: null },
  ])
  expect((await table.history()).versions.map(({ operation }) => operation)).toEqual(['evolve', 'append', 'append'])
  await storage.close()
})

test('a table name that differs from another only in letter case is rejected', async () => {
  const { storage, table } = await openLogs()
  await table.append(manyRows(1), { batchId: 'a' })
  const evolving = await storage.openTable(LOGS, { evolveSchema: true })
  for (const names of [['RUN_ID'], ['team', 'Team']]) {
    const columns = names.map((name) => ({ name, type: 'string', nullable: true }) as const)
    const batch = batchFromRows([...LOG_COLUMNS, ...columns], [{ ...logRowOf(), [String(names.at(-1))]: 'x' }])
    await expect(evolving.append(batch, { batchId: 'b' })).rejects.toMatchObject({
      code: 'SCHEMA',
      context: { columns: names.slice(-1) },
    })
  }
  const other = await storage.openTable({ ...LOGS, name: LOGS.name.toUpperCase() })
  await expect(other.info()).rejects.toMatchObject({ code: 'TABLE' })
  await expect(other.append(manyRows(1), { batchId: 'b' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  expect(await table.info()).toMatchObject({ rowCount: 1, version: 0 })
  await storage.close()
})

test('a history of fewer than no versions is wrong usage', async () => {
  const { storage, table } = await openLogs()
  await expect(table.history({ limit: -1 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await storage.close()
})

function logRowOf() {
  return {
    run_id: 'r',
    run_mode: 'initial',
    execution_id: 'e',
    pipeline_id: 'p',
    schema: 's',
    phase: 'gold',
    step_name: 'n',
    step_type: 't',
    duration_secs: 1,
    rows_processed: 1,
    valid_rows: 1,
    invalid_rows: 0,
    validation_rate: 100,
    success: true,
  }
}

test('a table of the original opens, takes rows in its own types, and migrates', async () => {
  const path = freshPath()
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run('create schema analytics')
  await connection.run(
    'create table analytics.logs (run_id varchar not null, run_mode varchar, execution_id varchar, pipeline_id varchar, schema varchar, phase varchar, step_name varchar, step_type varchar, start_time timestamp, duration_secs float, rows_processed integer, valid_rows integer, invalid_rows integer, validation_rate float, success boolean, created_at varchar)',
  )
  await connection.run(
    `insert into analytics.logs values ('old', 'initial', 'e', 'p', 's', 'gold', 'n', 't', '2024-01-01 10:00:00', 12.34, 5, 5, 0, 100, true, '2024-01-01T10:00:00.5')`,
  )
  connection.closeSync()
  instance.closeSync()
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS)
  expect(await table.info()).toMatchObject({ rowCount: 1, version: 0 })
  const columns = LOG_COLUMNS.filter(({ name }) =>
    ['run_id', 'start_time', 'duration_secs', 'rows_processed', 'created_at'].includes(name),
  )
  const row = {
    run_id: 'new',
    start_time: '2024-02-01T00:00:00.000001Z',
    duration_secs: 1.5,
    rows_processed: 7,
    created_at: '2024-02-01T00:00:00Z',
  }
  await table.append(batchFromRows(columns, [row]), { batchId: 'a' })
  const tooLarge = batchFromRows(columns, [{ ...row, rows_processed: 2 ** 31 }])
  await expect(table.append(tooLarge, { batchId: 'b' })).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
  expect((await table.validateSchema()).valid).toBe(false)
  const names = {
    columns: ['start_time', 'duration_secs', 'rows_processed', 'created_at'],
    orderBy: [{ column: 'created_at' }],
  }
  expect((await allRows(table, names))[1]).toEqual({
    start_time: '2024-02-01T00:00:00.000001Z',
    duration_secs: 1.5,
    rows_processed: 7,
    created_at: '2024-02-01T00:00:00.000000Z',
  })
  const change = await table.migrate()
  expect(change.widen?.map(({ column }) => column)).toContain('created_at')
  expect((await table.validateSchema()).problems).toEqual([])
  expect(await allRows(table, names)).toEqual([
    {
      start_time: '2024-01-01T10:00:00.000000Z',
      duration_secs: 12.34,
      rows_processed: 5,
      created_at: '2024-01-01T10:00:00.500000Z',
    },
    {
      start_time: '2024-02-01T00:00:00.000001Z',
      duration_secs: 1.5,
      rows_processed: 7,
      created_at: '2024-02-01T00:00:00.000000Z',
    },
  ])
  await table.append(tooLarge, { batchId: 'b' })
  await storage.close()
})

test('with widenColumns a value that is too large widens its column', async () => {
  const path = freshPath()
  const storage = duckdbStorage({ path })
  const small = [{ name: 'n', type: 'int32', nullable: true }] as const
  const table = await storage.openTable(LOGS, { columns: small, widenColumns: true })
  await table.append(batchFromRows(small, [{ n: 1 }]), { batchId: 'a' })
  await table.append(batchFromRows([{ name: 'n', type: 'int64', nullable: true }], [{ n: 2 ** 40 }]), { batchId: 'b' })
  expect(await allRows(table, { orderBy: [{ column: 'n' }] })).toEqual([{ n: 1 }, { n: 2 ** 40 }])
  await storage.close()
})
