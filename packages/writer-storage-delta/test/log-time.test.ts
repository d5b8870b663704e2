import { readdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition, type Logger } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { type DeltaStorageOptions, type DeltaTable, deltaStorage } from '@forge/writer-storage-delta'
import { beforeEach, expect, test } from 'vitest'
import { believedTime } from '../src/log/log-time.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const ref = { schema: 's', name: 't' }
const DAY_MS = 86_400_000
const future = () => new Date(Date.now() + 14 * 365 * DAY_MS)
const past = () => new Date('1990-01-01T00:00:00Z')
let path = ''

beforeEach(() => {
  path = newFolder()
})

async function withTable(
  options: Omit<DeltaStorageOptions, 'path'>,
  work: (table: DeltaTable) => Promise<unknown>,
): Promise<void> {
  const storage = deltaStorage({ path, ...options })
  await work(await storage.openTable(ref, { columns: COLUMNS, packSmallFiles: false }))
  await storage.close()
}

const append = (table: DeltaTable, id: number) =>
  table.append(batchFromRows(COLUMNS, [{ id }]), { batchId: String(id) })
const commits = async () =>
  (await readdir(join(path, 's/t/_delta_log'))).filter((name) => /^\d{20}\.json$/.test(name)).length
const dataFiles = async () => (await readdir(join(path, 's/t'))).filter((name) => name.endsWith('.parquet')).length

function recorder(): { readonly logger: Logger; readonly warned: unknown[] } {
  const warned: unknown[] = []
  const silent = () => undefined
  const warn = (context: unknown) => void warned.push(context)
  return { warned, logger: { trace: silent, debug: silent, info: silent, warn, error: silent } }
}

test('a checkpoint under a clock years ahead deletes no commit and no batch id, and logs a warning', async () => {
  const properties = { 'delta.setTransactionRetentionDuration': 'interval 1 day' }
  await withTable({ tableProperties: properties }, async (table) => {
    for (const id of [0, 1, 2]) await append(table, id)
    await table.checkpoint()
  })
  const { logger, warned } = recorder()
  await withTable({ now: future, logger }, async (table) => {
    await append(table, 3)
    await table.checkpoint()
  })
  expect(warned).toHaveLength(1)
  expect(await commits()).toBe(4)
  await withTable({}, async (table) => {
    for (const id of [0, 1, 2, 3]) expect(await append(table, id)).toMatchObject({ alreadyWritten: true, version: id })
    expect((await table.info()).rowCount).toBe(4)
    expect((await table.history()).totalVersions).toBe(4)
  })
})

test('the batch id of a writer whose clock is years behind is kept', async () => {
  await withTable({ now: past }, async (table) => {
    for (const id of [0, 1]) await append(table, id)
  })
  await withTable({}, async (table) => {
    await append(table, 2)
    await table.checkpoint()
  })
  await withTable({}, async (table) => {
    for (const id of [0, 1, 2]) expect(await append(table, id)).toMatchObject({ alreadyWritten: true })
    expect((await table.info()).rowCount).toBe(3)
  })
})

test('batch ids expire after the retention of the table if all clocks agree', async () => {
  await withTable(
    { tableProperties: { 'delta.setTransactionRetentionDuration': 'interval 1 day' }, now: past },
    (table) => append(table, 0),
  )
  const log = join(path, 's/t/_delta_log')
  const then = new Date(Date.now() - 40 * DAY_MS)
  for (const name of await readdir(log)) await utimes(join(log, name), then, then)
  await withTable({}, async (table) => {
    await append(table, 1)
    await table.checkpoint()
  })
  await withTable({}, async (table) => {
    expect(await table.findBatch('0')).toBeUndefined()
    expect(await table.findBatch('1')).toMatchObject({ version: 1 })
  })
})

test('a vacuum under a clock years ahead deletes nothing within the retention', async () => {
  await withTable({}, async (table) => {
    await append(table, 0)
    await append(table, 1)
    await table.optimize()
  })
  await withTable({ now: future }, async (table) => {
    expect(await table.vacuum()).toMatchObject({ filesRemoved: 0 })
    expect(await dataFiles()).toBe(3)
    expect(await table.vacuum({ retentionHours: 0, allowShortRetention: true })).toMatchObject({ filesRemoved: 2 })
  })
  await withTable({}, async (table) => expect((await table.info()).rowCount).toBe(2))
})

test('a file that was removed under a clock years behind is kept as long as others', async () => {
  await withTable({}, (table) => append(table, 0))
  await withTable({ now: past }, async (table) => {
    await append(table, 1)
    await table.optimize()
  })
  await withTable({}, async (table) => {
    expect(await table.vacuum()).toMatchObject({ filesRemoved: 0 })
    expect((await (await table.at(0)).info()).rowCount).toBe(1)
  })
})

test('a jump of years is trusted once commits were made for a day after it', () => {
  const days = (...at: number[]) => at.map((day) => day * DAY_MS)
  // The table was idle for weeks.
  expect(believedTime(days(0, 1, 2), 40 * DAY_MS)).toBe(40 * DAY_MS)
  // The clock of the machine and the times of its files are wrong.
  expect(believedTime(days(0, 1, 2, 5000), 5000 * DAY_MS)).toBe(2 * DAY_MS)
  expect(believedTime(days(0, 1, 2, 5000, 5000.1, 5000.2), 5000.3 * DAY_MS)).toBe(2 * DAY_MS)
  expect(believedTime(days(0, 1, 2, 5000, 5000.5, 5001), 5001.1 * DAY_MS)).toBe(5001.1 * DAY_MS)
  // The clock was wrong once, and is correct again.
  expect(believedTime(days(0, 1, 5000, 2), 3 * DAY_MS)).toBe(3 * DAY_MS)
  expect(believedTime([], 3 * DAY_MS)).toBe(3 * DAY_MS)
})
