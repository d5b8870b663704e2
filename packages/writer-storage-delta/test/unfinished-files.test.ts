import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ownerMark } from '../src/store/owner.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'day', type: 'string', nullable: true },
]
let path = ''
let storage: DeltaStorage
let table: DeltaTable
let writer: ChildProcess

/** Creates a table with one partition, and another process that could write to it. */
beforeEach(async () => {
  path = newFolder()
  storage = deltaStorage({ path })
  table = await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS, partitionColumns: ['day'] })
  await table.append(batchFromRows(COLUMNS, [{ id: 1, day: 'd' }]), { batchId: 'first' })
  writer = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' })
  await once(writer, 'spawn')
})
afterEach(async () => {
  await kill()
  await storage.close()
})

async function kill(): Promise<void> {
  if (writer.exitCode !== null || writer.signalCode !== null) return
  const ended = once(writer, 'exit')
  writer.kill('SIGKILL')
  await ended
}

const at = (name: string) => join(path, 's/t', name)

/** Writes a file in each folder that may hold unfinished files, with the name that the process `pid` would use. */
async function writeUnfinished(pid: number | undefined): Promise<string[]> {
  const name = `${ownerMark(pid)}-${crypto.randomUUID()}.tmp`
  const files = [`.${name}`, `_delta_log/.${name}`, `_delta_log/tmp_.${name}`, `day=d/.${name}`].map(at)
  for (const file of files) await writeFile(file, 'a part')
  return files
}

test('a vacuum deletes leftovers of killed processes, however new, and no file of a running process', async () => {
  const files = await writeUnfinished(writer.pid)
  const mine = await writeUnfinished(process.pid)
  for (const options of [{}, { retentionHours: 0, allowShortRetention: true }, { everything: true }]) {
    await table.vacuum(options)
    expect([...files, ...mine].filter(existsSync)).toHaveLength(8)
  }
  await kill()
  expect(await table.vacuum({ dryRun: true })).toMatchObject({ filesRemoved: 4 })
  expect(await table.vacuum({ mode: 'lite' })).toMatchObject({ filesRemoved: 4 })
  expect(files.filter(existsSync)).toEqual([])
  expect(mine.filter(existsSync)).toHaveLength(4)
})

test('an unfinished file without a known writer is deleted after an hour', async () => {
  const unknown = at(`_delta_log/.${crypto.randomUUID()}.tmp`)
  const elsewhere = at(`.${'0'.repeat(16)}-${crypto.randomUUID()}.tmp`)
  for (const file of [unknown, elsewhere]) await writeFile(file, 'a part')
  expect(await table.vacuum()).toMatchObject({ filesRemoved: 0 })
  const then = new Date(Date.now() - 2 * 3_600_000)
  for (const file of [unknown, elsewhere]) await utimes(file, then, then)
  expect(await table.vacuum()).toMatchObject({ filesRemoved: 2 })
  expect([unknown, elsewhere].filter(existsSync)).toEqual([])
})

test('the doctor finds the same files, and repair removes them', async () => {
  const files = await writeUnfinished(writer.pid)
  const leftovers = async () => (await storage.doctor?.())?.checks.find(({ name }) => name === 's.t leftovers')?.status
  expect(await leftovers()).toBe('ok')
  await kill()
  expect(await leftovers()).toBe('warning')
  await storage.repair?.()
  expect(files.filter(existsSync)).toEqual([])
})

test('a vacuum keeps an uncommitted data file of a running process, and deletes it after the process has ended', async () => {
  const pending = at(`day=d/part-${ownerMark(writer.pid)}${'0'.repeat(16)}-${crypto.randomUUID()}-c000.zstd`)
  await writeFile(pending, 'rows')
  for (const options of [{ retentionHours: 0, allowShortRetention: true }, { everything: true }]) {
    await table.vacuum(options)
    expect(existsSync(pending)).toBe(true)
  }
  await kill()
  await table.vacuum()
  expect(existsSync(pending)).toBe(true)
  await table.vacuum({ retentionHours: 0, allowShortRetention: true })
  expect(existsSync(pending)).toBe(false)
  expect((await table.info()).rowCount).toBe(1)
})
