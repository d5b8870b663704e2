// @module-tag processes
import { linkSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, acknowledgedIds, appendArguments, ensureBuilt, runChild } from './children/built.ts'
import { freshPath, LOGS, manyRows } from './log-rows.ts'

ensureBuilt()

/** Rows by batch, as a storage of this process sees them. */
async function rowsByBatch(path: string): Promise<Map<string, number>> {
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS)
  const groups = await table.aggregate({
    groupBy: [{ as: 'id', by: { kind: 'column', name: 'run_id' } }],
    measures: [{ as: 'rows', fn: 'count' }],
  })
  expect((await storage.doctor()).checks.filter(({ status }) => status !== 'ok')).toEqual([])
  await storage.close()
  return new Map(groups.map(({ id, rows }) => [String(id), Number(rows)]))
}

test('eight processes write fifty batches each into one file, and every row is there once', {
  tags: 'endurance',
}, async () => {
  const path = freshPath()
  const acknowledged = `${path}.ids`
  const jobs = Array.from({ length: 8 }, (_none, index) => ({
    path,
    acknowledged,
    prefix: `p${index}`,
    batches: 50,
    rows: 3,
  }))
  const ends = await Promise.all(jobs.map((job) => runChild([APPEND_BATCHES, ...appendArguments(job)])))
  expect(ends.map(({ code, errors }) => [code, errors])).toEqual(jobs.map(() => [0, '']))
  const stored = await rowsByBatch(path)
  expect(acknowledgedIds(acknowledged)).toHaveLength(400)
  expect(stored.size).toBe(400)
  expect(new Set(stored.values())).toEqual(new Set([3]))
})

test('two copies of the package in one process lose no row', async () => {
  const path = freshPath()
  const job = { path, acknowledged: `${path}.ids`, prefix: 'c', batches: 25, rows: 2, mode: 'two-copies' }
  expect(await runChild([APPEND_BATCHES, ...appendArguments(job)])).toEqual({ code: 0, errors: '' })
  const stored = await rowsByBatch(path)
  expect(stored.size).toBe(50)
  expect(new Set(stored.values())).toEqual(new Set([2]))
})

test('a worker thread and this thread take turns on one file', async () => {
  const path = freshPath()
  const job = { path, acknowledged: `${path}.ids`, prefix: 'w', batches: 20, rows: 2 }
  const worker = new Worker(APPEND_BATCHES, { argv: appendArguments(job), execArgv: [] })
  const ended = new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject))
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS)
  for (let index = 0; index < 20; index++)
    await table.append(manyRows(1, `here-${index}`), { batchId: `here-${index}` })
  await ended
  await storage.close()
  const stored = await rowsByBatch(path)
  expect(stored.get('run-1')).toBe(20)
  expect([...stored.keys()].filter((id) => id.startsWith('w-'))).toHaveLength(20)
})

test('two storages of one process on one file, by other names too, lose no row', async () => {
  const path = freshPath()
  const first = duckdbStorage({ path })
  const table = await first.openTable(LOGS)
  await table.append(manyRows(1), { batchId: 'first' })
  const [symbolic, hard] = ['symbolic.duckdb', 'hard.duckdb'].map((name) => join(dirname(path), name))
  symlinkSync(path, symbolic ?? '')
  await first.close()
  linkSync(path, hard ?? '')
  const storages = [path, symbolic ?? '', hard ?? ''].map((one) => duckdbStorage({ path: one, idleMs: 20 }))
  const tables = await Promise.all(storages.map((storage) => storage.openTable(LOGS)))
  await Promise.all(
    tables.map(async (one, at) => {
      for (let index = 0; index < 10; index++) await one.append(manyRows(1), { batchId: `${at}-${index}` })
    }),
  )
  for (const storage of storages) await storage.close()
  expect((await rowsByBatch(path)).get('run-1')).toBe(31)
})

test('a child that inherits the open file of its parent, which only reads, writes and lets go of it', async () => {
  const path = freshPath()
  const acknowledged = `${path}.ids`
  expect(
    (await runChild([APPEND_BATCHES, ...appendArguments({ path, acknowledged, prefix: 'a', batches: 1, rows: 1 })]))
      .code,
  ).toBe(0)
  const storage = duckdbStorage({ path, readOnly: true, idleMs: 60_000 })
  await (await storage.openTable(LOGS)).info()
  const job = { path, acknowledged, prefix: 'b', batches: 3, rows: 1 }
  expect(await runChild([APPEND_BATCHES, ...appendArguments(job)])).toMatchObject({ code: 0, errors: '' })
  expect((await (await storage.openTable(LOGS)).info()).rowCount).toBe(4)
  await storage.close()
})
