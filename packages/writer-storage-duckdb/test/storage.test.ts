import { existsSync } from 'node:fs'
import { batchFromRows, LOG_COLUMNS } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { allRows, eq, logBatch, manyRows, openLogs } from './log-rows.ts'

test('a table that does not exist reads as empty and makes no file', async () => {
  const { path, storage, table } = await openLogs()
  expect(await allRows(table)).toEqual([])
  expect(await table.aggregate({ measures: [{ as: 'n', fn: 'count' }] })).toEqual([{ n: 0 }])
  expect(await table.info()).toMatchObject({ exists: false, rowCount: 0, version: -1 })
  expect(await table.history()).toEqual({ totalVersions: 0, versions: [] })
  expect(await table.findBatch('b')).toBeUndefined()
  expect(existsSync(path)).toBe(false)
  await storage.close()
})

test('appended rows are read back by another storage after the first is closed', async () => {
  const { path, storage, table } = await openLogs()
  const first = await table.append(logBatch({ error_message: '\ufeffü\0x', metadata: { a: 1 } }), { batchId: 'b1' })
  expect(first).toMatchObject({ version: 0, alreadyWritten: false, rowsWritten: 1, rowsInserted: 1 })
  await storage.close()
  const again = await openLogs(path)
  expect(await allRows(again.table)).toMatchObject([
    { run_id: 'run-1', error_message: '\ufeffü\0x', metadata: '{"a":1}' },
  ])
  expect(await again.table.info()).toMatchObject({ exists: true, rowCount: 1, version: 0, files: 1 })
  await again.storage.close()
})

test('a batch id that is there writes nothing and gives the first figures', async () => {
  const { storage, table } = await openLogs()
  const first = await table.append(manyRows(3), { batchId: 'same' })
  expect(await table.append(manyRows(3), { batchId: 'same' })).toEqual({ ...first, alreadyWritten: true })
  expect(await table.findBatch('same')).toEqual({ ...first, alreadyWritten: true })
  expect(await allRows(table)).toHaveLength(3)
  await storage.close()
})

test('big appends keep every row in one version', { tags: 'many-rows' }, async () => {
  const { storage, table } = await openLogs()
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
  const { storage, table } = await openLogs()
  await table.append(manyRows(3), { batchId: 'a' })
  await table.overwrite(manyRows(1, 'new'), eq('step_name', 'step-1'), { batchId: 'b' })
  expect((await allRows(table)).map((row) => row.step_name).sort()).toEqual(['new-0', 'step-0', 'step-2'])
  const result = await table.overwrite(manyRows(2, 'only'), { batchId: 'c' })
  expect(result).toMatchObject({ version: 2, rowsInserted: 2, rowsDeleted: 3 })
  expect(await allRows(table)).toHaveLength(2)
  await storage.close()
})

test('merge updates by key, keeps created_at, and the last of a batch wins', async () => {
  const { storage, table } = await openLogs()
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
  const { storage, table } = await openLogs()
  await table.append(manyRows(10), { batchId: 'a' })
  expect(await table.delete(eq('rows_processed', 4), { batchId: 'd' })).toMatchObject({ rowsDeleted: 1, version: 1 })
  expect(await table.info()).toMatchObject({ rowCount: 9 })
  await storage.close()
})

test('a batch that does not fit leaves nothing behind', async () => {
  const { storage, table } = await openLogs()
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
  const { storage, table } = await openLogs()
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

test('a storage that is closed or for reading refuses writes', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(1), { batchId: 'a' })
  await storage.close()
  await storage.close()
  await expect(table.append(manyRows(1), { batchId: 'b' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  const reading = await openLogs(path, { readOnly: true })
  expect(await allRows(reading.table)).toHaveLength(1)
  await expect(reading.table.append(manyRows(1), { batchId: 'b' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    committed: 'no',
  })
  await reading.storage.close()
})
