// @module-tag processes
import { spawnSync } from 'node:child_process'
import { statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { createLogWriter } from '@forge/writer-core'
import { acquireLock, deadlineIn, lockAddress } from '@forge/writer-core/lock'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, appendArguments, ensureBuilt, runChild } from './children/built.ts'
import { allRows, freshPath, LOGS, logRow, manyRows, openLogs } from './log-rows.ts'

ensureBuilt()

const soon = () => deadlineIn(60_000)

test('only one of many that want a lock has it, and each has it in the end', async () => {
  const key = freshPath()
  let holders = 0
  let most = 0
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      const lock = await acquireLock(key, { deadline: soon() })
      most = Math.max(most, ++holders)
      await new Promise((resolve) => setImmediate(resolve))
      holders--
      await lock.release()
    }),
  )
  expect(most).toBe(1)
})

test('sockets that are files work as locks too, also after their owner died', async () => {
  const key = freshPath()
  const address = lockAddress(key, 'darwin')
  // A child that dies with its socket open leaves the file.
  const script = `require('net').createServer().listen(${JSON.stringify(address)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  expect(statSync(address).isSocket()).toBe(true)
  const lock = await acquireLock(key, { deadline: soon(), platform: 'darwin' })
  await expect(acquireLock(key, { deadline: deadlineIn(50), platform: 'darwin' })).rejects.toMatchObject({
    code: 'CONCURRENCY',
  })
  await lock.release()
  await (await acquireLock(key, { deadline: soon(), platform: 'darwin' })).release()
})

test('a call that cannot have the file by its deadline fails with nothing committed', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(10), { batchId: 'a' })
  const scan = table.scan({ batchRows: 1 })[Symbol.asyncIterator]()
  await scan.next()
  const reader = duckdbStorage({ path, readOnly: true, lockTimeoutMs: 100 })
  const reading = await reader.openTable(LOGS)
  await expect(reading.info()).rejects.toMatchObject({ code: 'CONCURRENCY', transient: false, committed: 'no' })
  await scan.return?.()
  expect(await allRows(reading)).toHaveLength(10)
  await reader.close()
  await storage.close()
})

test('a write waits for its deadline once, not once for each retry', async () => {
  const { path, storage, table } = await openLogs()
  const config = { tableSchema: LOGS.schema, tableName: LOGS.name }
  const writer = await createLogWriter({ storage: duckdbStorage({ path, lockTimeoutMs: 20_000 }), config })
  await writer.writeLogRows([logRow()], { batchId: 'a' })
  const retries: unknown[] = []
  writer.on('retry', (event) => retries.push(event))
  writer.configure({ lockTimeoutMs: 50 })
  const lock = await acquireLock(`path:${path}`, { deadline: soon() })
  await expect(writer.writeLogRows([logRow()], { batchId: 'b' })).rejects.toMatchObject({ code: 'CONCURRENCY' })
  await lock.release()
  expect(retries).toEqual([])
  expect(await table.info()).toMatchObject({ rowCount: 1 })
  await writer.close()
  await storage.close()
})

test('a writer that is alive and idle gives the file to a process that waits', async () => {
  const { path, storage, table } = await openLogs(undefined, { idleMs: 600_000 })
  await table.append(manyRows(1), { batchId: 'a' })
  const job = appendArguments({ path, acknowledged: `${path}.ids`, prefix: 'other', batches: 2, rows: 2 })
  expect(await runChild([APPEND_BATCHES, ...job])).toEqual({ code: 0, errors: '' })
  expect(await table.info()).toMatchObject({ rowCount: 5, version: 2 })
  await storage.close()
})

test('rows can be appended while a scan of the same table is read', async () => {
  const { storage, table } = await openLogs()
  await table.append(manyRows(5), { batchId: 'a' })
  let seen = 0
  for await (const batch of table.scan({ batchRows: 1 })) {
    seen += batch.rowCount
    await table.append(manyRows(1, `more-${seen}`), { batchId: `more-${seen}` })
  }
  expect(seen).toBe(5)
  expect(await table.info()).toMatchObject({ rowCount: 10 })
  await storage.close()
})

test('a file that another program has open is waited for until the deadline', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(1), { batchId: 'a' })
  await storage.close()
  const script = `require('@duckdb/node-api').DuckDBInstance.create(${JSON.stringify(path)}).then((held) => { globalThis.held = held; console.log('open'); setInterval(() => {}, 1000) })`
  const { spawn } = await import('node:child_process')
  const other = spawn(process.execPath, ['-e', script], {
    cwd: dirname(APPEND_BATCHES),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await new Promise((resolve) => other.stdout?.once('data', resolve))
  const late = duckdbStorage({ path, lockTimeoutMs: 100 })
  await expect((await late.openTable(LOGS)).info()).rejects.toMatchObject({ code: 'CONCURRENCY', committed: 'no' })
  await late.close()
  const patient = duckdbStorage({ path })
  const info = (await patient.openTable(LOGS)).info()
  other.kill('SIGKILL')
  expect(await info).toMatchObject({ rowCount: 1 })
  await patient.close()
})

test('the folder that a storage makes is for its owner alone', async () => {
  const path = join(dirname(freshPath()), 'made', 'logs.duckdb')
  const { storage, table } = await openLogs(path)
  await table.append(manyRows(1), { batchId: 'a' })
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  expect(statSync(`${path}.mark`).mode & 0o777).toBe(0o600)
  await storage.close()
})

test('the engine lets go of the file after a scan that was left in the middle', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(50_000), { batchId: 'a' })
  for await (const _batch of table.scan()) break
  await storage.close()
  const instance = await DuckDBInstance.create(path)
  instance.closeSync()
  expect(statSync(path).size).toBeGreaterThan(0)
})
