import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { openEngine } from '@forge/writer-storage-duckdb/engine'
import { expect, test } from 'vitest'
import { freshPath, LOGS, manyRows } from './log-rows.ts'

/** A statement that runs for hours. */
const ENDLESS = 'select count(*) as n from range(3000000000000) r(n) where n % 7 = 3'

test('a statement ends when the engine is interrupted, and the session works afterwards', async () => {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const running = session.rows(ENDLESS)
  setTimeout(() => engine.interrupt(), 50)
  await expect(running).rejects.toThrow(/INTERRUPT/)
  expect(await session.rows('select 1 as one')).toEqual([{ one: 1 }])
  session.close()
  engine.close()
})

test('a stream whose signal is aborted ends although the engine is busy, with the reason of the signal', async () => {
  const engine = await openEngine({ threads: 1 })
  const session = await engine.session()
  const abort = new AbortController()
  const reason = new Error('enough')
  setTimeout(() => abort.abort(reason), 50)
  const read = async () => {
    for await (const batch of session.stream({ sql: ENDLESS, params: [] }, { signal: abort.signal })) batch.rowCount
  }
  await expect(read()).rejects.toBe(reason)
  expect(await session.rows('select 1 as one')).toEqual([{ one: 1 }])
  session.close()
  engine.close()
})

test('an interrupted storage stores whole batches or nothing, and later calls work', {
  tags: 'many-rows',
}, async () => {
  const storage = duckdbStorage({ path: freshPath(), threads: 1 })
  const table = await storage.openTable(LOGS)
  await table.append(manyRows(1000), { batchId: 'first' })
  const writing = table.append(manyRows(200_000), { batchId: 'second' }).then(
    () => true,
    () => false,
  )
  storage.interrupt()
  const isStored = await writing
  const [found] = await table.aggregate({ measures: [{ as: 'rows', fn: 'count' }] })
  expect(Number(found?.rows)).toBe(isStored ? 201_000 : 1000)
  expect((await table.findBatch('second')) !== undefined).toBe(isStored)
  await storage.close()
})
