import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { batchFromRows, LOG_COLUMNS } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { allRows, freshPath, LOGS, logBatch, manyRows } from './log-rows.ts'

const eq = (name: string, value: string | number | boolean) =>
  ({ op: 'compare', operator: '=', left: { kind: 'column', name }, right: { kind: 'literal', value } }) as const

async function opened(path = freshPath(), options = {}) {
  const storage = duckdbStorage({ path, ...options })
  return { path, storage, table: await storage.openTable(LOGS) }
}

test('a table that does not exist reads as empty and makes no file', async () => {
  const { path, storage, table } = await opened()
  expect(await allRows(table)).toEqual([])
  expect(await table.aggregate({ measures: [{ as: 'n', fn: 'count' }] })).toEqual([{ n: 0 }])
  expect(await table.info()).toMatchObject({ exists: false, rowCount: 0, version: -1 })
  expect(await table.history()).toEqual({ totalVersions: 0, versions: [] })
  expect(await table.findBatch('b')).toBeUndefined()
  expect(existsSync(path)).toBe(false)
  await storage.close()
})

test('appended rows are read back by another storage after the first is closed', async () => {
  const { path, storage, table } = await opened()
  const first = await table.append(logBatch({ error_message: '\ufeffü\0x', metadata: { a: 1 } }), { batchId: 'b1' })
  expect(first).toMatchObject({ version: 0, alreadyWritten: false, rowsWritten: 1, rowsInserted: 1 })
  await storage.close()
  const again = await opened(path)
  expect(await allRows(again.table)).toMatchObject([
    { run_id: 'run-1', error_message: '\ufeffü\0x', metadata: '{"a":1}' },
  ])
  expect(await again.table.info()).toMatchObject({ exists: true, rowCount: 1, version: 0, files: 1 })
  await again.storage.close()
})

test('a batch id that is there writes nothing and gives the first figures', async () => {
  const { storage, table } = await opened()
  const first = await table.append(manyRows(3), { batchId: 'same' })
  expect(await table.append(manyRows(3), { batchId: 'same' })).toEqual({ ...first, alreadyWritten: true })
  expect(await table.findBatch('same')).toEqual({ ...first, alreadyWritten: true })
  expect(await allRows(table)).toHaveLength(3)
  await storage.close()
})

test('big appends keep every row in one version', async () => {
  const { storage, table } = await opened()
  await table.append(manyRows(300_000), { batchId: 'big' })
  const [figures] = await table.aggregate({
    measures: [
      { as: 'n', fn: 'count' },
      { as: 'distinct', fn: 'countDistinct', of: { kind: 'column', name: 'step_name' } },
      { as: 'sum', fn: 'sum', of: { kind: 'column', name: 'rows_processed' } },
    ],
  })
  expect(figures).toEqual({ n: 300_000, distinct: 300_000, sum: (300_000 * 299_999) / 2 })
  expect((await table.history()).versions).toMatchObject([
    { version: 0, operation: 'append', rowCount: 300_000, rowsAdded: 300_000 },
  ])
  await storage.close()
})

test('overwrite replaces all rows or those that the predicate takes', async () => {
  const { storage, table } = await opened()
  await table.append(manyRows(3), { batchId: 'a' })
  await table.overwrite(manyRows(1, 'new'), { batchId: 'b' }, eq('step_name', 'step-1'))
  expect((await allRows(table)).map((row) => row['step_name']).sort()).toEqual(['new-0', 'step-0', 'step-2'])
  const result = await table.overwrite(manyRows(2, 'only'), { batchId: 'c' })
  expect(result).toMatchObject({ version: 2, rowsInserted: 2, rowsDeleted: 3 })
  expect(await allRows(table)).toHaveLength(2)
  await storage.close()
})

test('merge updates by key, keeps created_at, and the last of a batch wins', async () => {
  const { storage, table } = await opened()
  const merge = { keys: ['run_id', 'phase', 'step_name'], whenMatched: 'update' } as const
  await table.append(logBatch({ step_name: 'a', created_at: '2024-01-01T00:00:00Z' }), { batchId: 'a' })
  const batch = logBatch(
    { step_name: 'a', rows_processed: 1, created_at: '2025-01-01T00:00:00Z' },
    { step_name: 'b', rows_processed: 2 },
    { step_name: 'a', rows_processed: 3 },
  )
  expect(await table.merge(batch, merge, { batchId: 'm' })).toMatchObject({ rowsInserted: 1, rowsUpdated: 1 })
  expect(
    await allRows(table, {
      orderBy: [{ column: 'step_name' }],
      columns: ['step_name', 'rows_processed', 'created_at'],
    }),
  ).toEqual([
    { step_name: 'a', rows_processed: 3, created_at: '2024-01-01T00:00:00.000000Z' },
    { step_name: 'b', rows_processed: 2, created_at: null },
  ])
  const ignored = await table.merge(
    logBatch({ step_name: 'a' }, { step_name: 'c' }, { step_name: 'c' }),
    { ...merge, whenMatched: 'ignore' },
    { batchId: 'i' },
  )
  expect(ignored).toMatchObject({ rowsInserted: 1, rowsSkipped: 2 })
  await storage.close()
})

test('delete removes the rows of the predicate and says how many', async () => {
  const { storage, table } = await opened()
  await table.append(manyRows(10), { batchId: 'a' })
  expect(await table.delete(eq('rows_processed', 4), { batchId: 'd' })).toMatchObject({ rowsDeleted: 1, version: 1 })
  expect(await table.info()).toMatchObject({ rowCount: 9 })
  await storage.close()
})

test('a batch that does not fit leaves nothing behind', async () => {
  const { storage, table } = await opened()
  await table.append(manyRows(1), { batchId: 'a' })
  const extra = batchFromRows(
    [...LOG_COLUMNS.slice(0, 1), { name: 'extra', type: 'string', nullable: true }],
    [{ run_id: 'r', extra: 'x' }],
  )
  await expect(table.append(extra, { batchId: 'x' })).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
  const lacking = batchFromRows(LOG_COLUMNS.slice(0, 1), [{ run_id: 'r' }])
  await expect(table.append(lacking, { batchId: 'y' })).rejects.toMatchObject({ code: 'SCHEMA', committed: 'no' })
  expect(await table.info()).toMatchObject({ rowCount: 1, version: 0 })
  await table.append(manyRows(1, 'z'), { batchId: 'z' })
  expect(await table.info()).toMatchObject({ rowCount: 2, version: 1 })
  await storage.close()
})

test('appendAll writes to several tables or to none', async () => {
  const { storage, table } = await opened()
  const other = await storage.openTable({ schema: 'analytics', name: 'other' })
  const bad = batchFromRows([{ name: 'nope', type: 'string', nullable: true }], [{ nope: 'x' }])
  const good = { table, batch: manyRows(2), commit: { batchId: 'all' } }
  await expect(
    storage.appendAll([good, { table: other, batch: bad, commit: { batchId: 'all' } }]),
  ).rejects.toMatchObject({ code: 'SCHEMA' })
  expect(await storage.listTables()).toEqual([])
  const results = await storage.appendAll([good, { table: other, batch: manyRows(1), commit: { batchId: 'all' } }])
  expect(results.map(({ rowsInserted }) => rowsInserted)).toEqual([2, 1])
  expect(await storage.listTables()).toEqual([
    { schema: 'analytics', name: 'logs' },
    { schema: 'analytics', name: 'other' },
  ])
  await storage.close()
})

test('schema evolution adds columns where the options allow it', async () => {
  const { storage } = await opened()
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

test('vacuum returns space and keeps rows and history', async () => {
  const { path, storage, table } = await opened()
  await table.append(manyRows(200_000), { batchId: 'a' })
  await table.delete(
    {
      op: 'compare',
      operator: '>',
      left: { kind: 'column', name: 'rows_processed' },
      right: { kind: 'literal', value: 9 },
    },
    { batchId: 'd' },
  )
  await table.optimize({ clusterColumns: ['step_name'] })
  const before = statSync(path).size
  const result = await table.vacuum()
  expect(statSync(path).size).toBeLessThan(before / 2)
  expect(result.bytesFreed).toBeGreaterThan(0)
  expect(await allRows(table)).toHaveLength(10)
  expect((await table.history()).versions.map(({ operation }) => operation)).toEqual([
    'vacuum',
    'optimize',
    'delete',
    'append',
  ])
  await table.append(manyRows(1, 'after'), { batchId: 'e' })
  await storage.close()
  const again = await opened(path)
  expect(await allRows(again.table)).toHaveLength(11)
  expect((await again.storage.doctor()).healthy).toBe(true)
  await again.storage.close()
})

test('exports hold what a scan gives, are for their owner alone, and never replace a file', async () => {
  const { path, storage, table } = await opened()
  await table.append(
    logBatch(
      { step_name: 'a', error_message: '', start_time: '2024-01-01T00:00:00Z', metadata: { k: [1] } },
      { step_name: 'b' },
    ),
    { batchId: 'a' },
  )
  const query = {
    columns: ['step_name', 'error_message', 'start_time', 'metadata', 'rows_processed'],
    where: eq('success', true),
    orderBy: [{ column: 'step_name' }],
  }
  const target = (name: string) => join(dirname(path), name)
  expect(await table.exportTo({ path: target('x.csv'), format: 'csv', query })).toMatchObject({
    rows: 2,
    paths: [target('x.csv')],
  })
  expect(readFileSync(target('x.csv'), 'utf8').split('\n').slice(1)).toEqual([
    '"a","","2024-01-01T00:00:00.000000Z","{""k"":[1]}","10"',
    '"b",\\N,\\N,\\N,"10"',
    '',
  ])
  await table.exportTo({ path: target('x.ndjson'), format: 'ndjson', query })
  expect(JSON.parse(readFileSync(target('x.ndjson'), 'utf8').split('\n')[0] ?? '')).toEqual({
    step_name: 'a',
    error_message: '',
    start_time: '2024-01-01T00:00:00.000000Z',
    metadata: { k: [1] },
    rows_processed: 10,
  })
  await table.exportTo({ path: target('x.json'), format: 'json', query })
  expect(JSON.parse(readFileSync(target('x.json'), 'utf8'))).toHaveLength(2)
  const parquet = await table.exportTo({ path: target('x.parquet'), format: 'parquet', query, compression: 'snappy' })
  expect(parquet.bytes).toBe(statSync(target('x.parquet')).size)
  expect(statSync(target('x.parquet')).mode & 0o777).toBe(0o600)
  writeFileSync(target('there.csv'), 'mine')
  await expect(table.exportTo({ path: target('there.csv'), format: 'csv' })).rejects.toMatchObject({ code: 'TABLE' })
  expect(readFileSync(target('there.csv'), 'utf8')).toBe('mine')
  await storage.close()
})

test('a storage that is closed or for reading refuses writes', async () => {
  const { path, storage, table } = await opened()
  await table.append(manyRows(1), { batchId: 'a' })
  await storage.close()
  await storage.close()
  await expect(table.append(manyRows(1), { batchId: 'b' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  const reading = await opened(path, { readOnly: true })
  expect(await allRows(reading.table)).toHaveLength(1)
  await expect(reading.table.append(manyRows(1), { batchId: 'b' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    committed: 'no',
  })
  await reading.storage.close()
})
