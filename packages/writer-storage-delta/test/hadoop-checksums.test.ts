import { access, readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, type ColumnDefinition } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { type DeltaTable, deltaStorage } from '../src/index.ts'

const COLUMNS: ColumnDefinition[] = [{ name: 'id', type: 'int64', nullable: true }]
const name = (version: number, rest: string) => `${String(version).padStart(20, '0')}.${rest}`
const then = new Date(Date.now() - 40 * 86_400_000)
let path = ''
let log = ''

beforeEach(async () => {
  path = newFolder()
  log = join(path, 's/t/_delta_log')
})

async function withTable(work: (table: DeltaTable) => Promise<unknown>): Promise<void> {
  const storage = deltaStorage({ path })
  await work(await storage.openTable({ schema: 's', name: 't' }, { columns: COLUMNS }))
  await storage.close()
}
const append = (table: DeltaTable, id: number) =>
  table.append(batchFromRows(COLUMNS, [{ id }]), { batchId: String(id) })
const hidden = async (folder: string) => (await readdir(folder)).filter((each) => /^\..*\.crc$/.test(each)).sort()

/** Writes the checksum that Hadoop leaves next to each of its files. */
async function leaveChecksums(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (entry.isFile()) await writeFile(join(folder, `.${entry.name}.crc`), 'x')
  }
}

test('checksum files of Hadoop are deleted when the files are replaced or deleted', async () => {
  await withTable(async (table) => {
    await append(table, 0)
    await table.checkpoint()
    await append(table, 1)
  })
  await leaveChecksums(log)
  await leaveChecksums(join(path, 's/t'))
  await writeFile(join(log, `.${name(2, 'checkpoint.parquet')}.crc`), 'x')
  await withTable(async (table) => {
    await table.optimize()
    await table.checkpoint()
  })
  expect(await hidden(log)).toEqual(
    [name(0, 'checkpoint.parquet'), name(0, 'json'), name(1, 'json')].map((each) => `.${each}.crc`),
  )
  await access(join(log, '_last_checkpoint'))
  for (const file of await readdir(log)) await utimes(join(log, file), then, then)
  await withTable(async (table) => {
    await table.vacuum({ retentionHours: 0, allowShortRetention: true })
    await table.checkpoint()
  })
  expect(await hidden(log)).toEqual([])
  expect(await hidden(join(path, 's/t'))).toEqual([])
})
