import { createLogWriter, type LogBatch, type LogRowInput } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { freshPath, LOGS, manyRows } from './log-rows.ts'

function* failing(batch: LogBatch): Generator<LogBatch> {
  yield batch
  throw new Error('no more')
}

function* batches(count: number): Generator<LogBatch> {
  for (let at = 0; at < count; at++) yield manyRows(3000)
}

test('batches that come one by one are one commit', async () => {
  const storage = duckdbStorage({ path: freshPath() })
  const table = await storage.openTable(LOGS)
  expect(await table.appendStream(batches(3), { batchId: 'a' })).toMatchObject({ version: 0, rowsInserted: 9000 })
  expect(await table.appendStream(batches(3), { batchId: 'a' })).toMatchObject({ version: 0, alreadyWritten: true })
  expect((await table.history()).totalVersions).toBe(1)
  await storage.close()
})

test('an error of the source stores nothing', async () => {
  const storage = duckdbStorage({ path: freshPath() })
  const table = await storage.openTable(LOGS)
  await expect(table.appendStream(failing(manyRows(10)), { batchId: 'a' })).rejects.toThrow()
  expect((await table.info()).rowCount).toBe(0)
  expect(await table.findBatch('a')).toBeUndefined()
  await storage.close()
})

test('many rows are laid out while others are stored, and one bad row keeps all of them out', {
  tags: 'many-rows',
}, async () => {
  const storage = duckdbStorage({ path: freshPath() })
  const writer = await createLogWriter({ storage, config: { tableSchema: LOGS.schema, tableName: LOGS.name } })
  const rows = Array.from(
    { length: 250_000 },
    (_none, at): LogRowInput => ({
      run_id: `run-${at % 1000}`,
      phase: 'gold',
      step_name: `step-${at}`,
      rows_processed: at,
    }),
  )
  const bad = [...rows.slice(0, -1), { ...rows[0], duration_secs: -1 }]
  const error = await writer.writeLogRows(bad).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'VALIDATION', committed: 'no', context: { problems: [{ row: 249_999 }] } })
  expect((await writer.getTableInfo()).rowCount).toBe(0)
  const first = await writer.writeLogRows(rows, { batchId: 'all' })
  expect(first).toMatchObject({ rowsWritten: 250_000, version: 0, runId: 'run-0' })
  expect(await writer.writeLogRows(rows, { batchId: 'all' })).toMatchObject({ alreadyWritten: true })
  const [sums] = await (await writer.table()).aggregate({
    measures: [
      { as: 'rows', fn: 'sum', of: { kind: 'column', name: 'rows_processed' } },
      { as: 'steps', fn: 'countDistinct', of: { kind: 'column', name: 'step_name' } },
    ],
  })
  expect(sums).toEqual({ rows: (249_999 * 250_000) / 2, steps: 250_000 })
  await writer.close()
})
