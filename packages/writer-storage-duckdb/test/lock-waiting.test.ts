import { createLogWriter } from '@forge/writer-core'
import { acquireLock, deadlineIn, type FileLock } from '@forge/writer-core/lock'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { afterEach, expect, test, vi } from 'vitest'
import { freshPath, LOGS, logRow } from './log-rows.ts'

const HOUR_MS = 3_600_000
const config = { tableSchema: LOGS.schema, tableName: LOGS.name, maxRetries: 0 }

afterEach(() => vi.restoreAllMocks())

/** Puts the clock of the machine forward or back. */
function setClock(byMs: number): void {
  const now = Date.now.bind(Date)
  vi.spyOn(Date, 'now').mockImplementation(() => now() + byMs)
}

async function heldFile(): Promise<{ readonly path: string; readonly lock: FileLock; readonly waited: Promise<void> }> {
  const path = freshPath()
  const writer = await createLogWriter({ storage: duckdbStorage({ path, idleMs: 0 }), config })
  await writer.writeLogRows([logRow()])
  await writer.close()
  let arrived = () => {}
  const waited = new Promise<void>((resolve) => {
    arrived = resolve
  })
  const lock = await acquireLock(`path:${path}`, { deadline: deadlineIn(HOUR_MS), onWaiting: () => arrived() })
  return { path, lock, waited }
}

test('a clock that is put forward ends nobody’s waiting', async () => {
  const { path, lock, waited } = await heldFile()
  const writer = await createLogWriter({ storage: duckdbStorage({ path }), config })
  const writing = writer.writeLogRows([logRow()])
  await waited
  setClock(HOUR_MS)
  await lock.release()
  expect(await writing).toMatchObject({ rowsWritten: 1 })
  await writer.close()
})

test('a clock that is put back lengthens nobody’s waiting', async () => {
  const { path, lock, waited } = await heldFile()
  const writer = await createLogWriter({ storage: duckdbStorage({ path, lockTimeoutMs: 300 }), config })
  const writing = expect(writer.writeLogRows([logRow()])).rejects.toMatchObject({ code: 'CONCURRENCY' })
  await waited
  setClock(-HOUR_MS)
  await writing
  await lock.release()
  await writer.close()
})

test('a call waits as long as was set at its start', async () => {
  const { path, lock, waited } = await heldFile()
  const writer = await createLogWriter({ storage: duckdbStorage({ path }), config })
  const writing = writer.writeLogRows([logRow()])
  writer.configure({ lockTimeoutMs: 0 })
  await waited
  await expect(writer.writeLogRows([logRow()])).rejects.toMatchObject({ code: 'CONCURRENCY', committed: 'no' })
  await lock.release()
  expect(await writing).toMatchObject({ rowsWritten: 1 })
  await writer.close()
})

test('calls that wait together each wait as long as they may', async () => {
  const { path, lock, waited } = await heldFile()
  const hasty = await createLogWriter({ storage: duckdbStorage({ path, lockTimeoutMs: 300 }), config })
  const patient = await createLogWriter({ storage: duckdbStorage({ path }), config })
  const failing = expect(hasty.getTableInfo()).rejects.toMatchObject({ code: 'CONCURRENCY' })
  await waited
  const waiting = patient.getTableInfo()
  await failing
  await lock.release()
  expect(await waiting).toMatchObject({ rowCount: 1 })
  await hasty.close()
  await patient.close()
})
