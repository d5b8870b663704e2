import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { batchFromRows, batchRows, type ColumnDefinition, type Predicate, type TableReader } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type DeltaStorage, type DeltaTable, deltaStorage } from '../src/index.ts'
import { type OddTables, oddTables } from './beaten-table.ts'

const COLUMNS: ColumnDefinition[] = [
  { name: 'id', type: 'int64', nullable: true },
  { name: 'text', type: 'string', nullable: true },
]
const ref = { schema: 's', name: 't' }
const rows = (text: string, ...ids: number[]) =>
  batchFromRows(
    COLUMNS,
    ids.map((id) => ({ id, text })),
  )
const keys = { keys: ['id'], whenMatched: 'update' } as const
const idIs = (id: number): Predicate => ({
  op: 'compare',
  operator: '=',
  left: { kind: 'column', name: 'id' },
  right: { kind: 'literal', value: id },
})

let path = ''
let others: DeltaStorage
let other: DeltaTable
let tables: OddTables

beforeEach(async () => {
  path = newFolder()
  tables = oddTables(path, COLUMNS)
  others = deltaStorage({ path })
  other = await others.openTable(ref, { columns: COLUMNS })
  await other.append(rows('old', 1, 2, 3), { batchId: 'first' })
  await other.append(rows('old', 4, 5), { batchId: 'second' })
})
afterEach(async () => {
  await tables[Symbol.asyncDispose]()
  await others.close()
})

/** Opens a table whose first commit loses to another writer. */
const beaten = (by: () => Promise<unknown>, maxAttempts?: number) => tables.beaten([by], maxAttempts)

const logFile = (version: number) => `_delta_log/${String(version).padStart(20, '0')}.json`

/** Writes another engine's commit after the versions of {@link other}. */
function theirs(action: object) {
  return writeFile(join(path, 's/t', logFile(2)), JSON.stringify(action))
}

async function metadataOf(): Promise<object> {
  const lines = (await readFile(join(path, 's/t', logFile(0)), 'utf8')).trim().split('\n')
  return lines.map((line) => JSON.parse(line).metaData).find(Boolean)
}

async function read(reader: TableReader) {
  const found: string[] = []
  for await (const batch of reader.scan()) for (const row of batchRows(batch)) found.push(`${row.id} ${row.text}`)
  return found.sort()
}

test('an append follows an append that won, without writing its rows again', async () => {
  const table = beaten(() => other.append(rows('theirs', 6), { batchId: 'x' }))
  expect(await table.append(rows('mine', 7), { batchId: 'y' })).toMatchObject({ version: 3 })
  expect(await read(other)).toEqual(['1 old', '2 old', '3 old', '4 old', '5 old', '6 theirs', '7 mine'])
  expect((await other.vacuum({ retentionHours: 0, allowShortRetention: true, dryRun: true })).filesRemoved).toBe(0)
})

test('a merge that lost to an append of the same key updates the row instead of adding it', async () => {
  const table = beaten(() => other.append(rows('theirs', 6), { batchId: 'x' }))
  expect(await table.merge(rows('mine', 6), keys, { batchId: 'y' })).toMatchObject({ rowsUpdated: 1, rowsInserted: 0 })
  expect(await read(other)).toEqual(['1 old', '2 old', '3 old', '4 old', '5 old', '6 mine'])
})

test('an overwrite that lost to an append replaces those rows as well', async () => {
  const table = beaten(() => other.append(rows('theirs', 6), { batchId: 'x' }))
  await table.overwrite(rows('mine', 9), { batchId: 'y' })
  expect(await read(other)).toEqual(['9 mine'])
})

test('two deletes from one file lose no row and bring none back', async () => {
  const table = beaten(() => other.delete(idIs(1), { batchId: 'x' }))
  expect(await table.delete(idIs(2), { batchId: 'y' })).toMatchObject({ rowsDeleted: 1 })
  expect(await read(other)).toEqual(['3 old', '4 old', '5 old'])
})

test('packing does not conflict with an append, and is repeated after a delete', async () => {
  await beaten(() => other.append(rows('theirs', 6), { batchId: 'x' })).optimize()
  expect(await other.info()).toMatchObject({ files: 2, rowCount: 6 })
  await other.append(rows('more', 7), { batchId: 'y' })
  await beaten(() => other.delete(idIs(7), { batchId: 'z' })).optimize()
  expect(await read(other)).toEqual(['1 old', '2 old', '3 old', '4 old', '5 old', '6 theirs'])
})

test('an append that lost to a new constraint is checked against it', async () => {
  const table = beaten(async () =>
    theirs({ metaData: { ...(await metadataOf()), configuration: { 'delta.constraints.c': 'id < 7' } } }),
  )
  await expect(table.append(rows('mine', 7), { batchId: 'y' })).rejects.toMatchObject({ context: { constraint: 'c' } })
  expect(await read(other)).toHaveLength(5)
  expect((await other.vacuum({ retentionHours: 0, allowShortRetention: true, dryRun: true })).filesRemoved).toBe(0)
})

test('an append that lost to a protocol that it cannot write is refused by name, and leaves no files', async () => {
  const table = beaten(() =>
    theirs({ protocol: { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['rowTracking'] } }),
  )
  await expect(table.append(rows('mine', 7), { batchId: 'y' })).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    committed: 'no',
    context: { feature: 'rowTracking' },
  })
  expect(await read(other)).toHaveLength(5)
  expect((await readdir(join(path, 's/t'))).filter((file) => file.endsWith('.parquet'))).toHaveLength(2)
})

test('a merge that lost to packing changes the packed files', async () => {
  const table = beaten(() => other.optimize())
  expect(await table.merge(rows('mine', 5, 6), keys, { batchId: 'y' })).toMatchObject({
    rowsUpdated: 1,
    rowsInserted: 1,
  })
  expect(await read(other)).toEqual(['1 old', '2 old', '3 old', '4 old', '5 mine', '6 mine'])
})

test('a restore that lost to an append removes those rows as well', async () => {
  const table = beaten(() => other.append(rows('theirs', 6), { batchId: 'x' }))
  await table.restore(0, { batchId: 'y' })
  expect(await read(other)).toEqual(['1 old', '2 old', '3 old'])
})

test('only an append that reads nothing is marked as a blind append', async () => {
  await other.merge(rows('new', 9), keys, { batchId: 'm' })
  await other.overwrite(rows('new', 9), { batchId: 'o' })
  await other.optimize({ clusterColumns: ['id'] })
  const said = await Promise.all(
    [0, 1, 2, 3, 4].map(async (version) => {
      const [first = ''] = (await readFile(join(path, 's/t', logFile(version)), 'utf8')).split('\n')
      const { operation, isBlindAppend, operationMetrics } = JSON.parse(first).commitInfo
      expect(Object.values(operationMetrics).every((value) => typeof value === 'string')).toBe(true)
      return [operation, isBlindAppend]
    }),
  )
  expect(said).toEqual([
    ['WRITE', true],
    ['WRITE', true],
    ['MERGE', false],
    ['WRITE', false],
    ['OPTIMIZE', false],
  ])
})

test('a batch that another process wrote meanwhile is not written twice', async () => {
  const table = beaten(() => other.append(rows('theirs', 6), { batchId: 'same' }))
  expect(await table.append(rows('mine', 6), { batchId: 'same' })).toMatchObject({ version: 2, alreadyWritten: true })
  expect(await read(other)).toHaveLength(6)
})

test('a change that always conflicts names the winning commit, and leaves no files', async () => {
  const table = beaten(() => other.delete(idIs(1), { batchId: 'x' }), 1)
  await expect(table.delete(idIs(2), { batchId: 'y' })).rejects.toMatchObject({
    code: 'CONCURRENCY',
    committed: 'no',
    context: { version: 2, operation: 'DELETE', conflict: 'sameFileRemoved' },
  })
  const orphans = await other.vacuum({ retentionHours: 0, allowShortRetention: true, dryRun: true })
  expect(orphans.filesRemoved).toBe(1)
})

test('a commit whose answer was lost is reported as unknown, and found by its batch id', async () => {
  const table = tables.over(({ putIfAbsent }) => ({
    async putIfAbsent(target, bytes) {
      await putIfAbsent(target, bytes)
      throw new Error('the line is dead')
    },
  }))
  await expect(table.append(rows('mine', 6), { batchId: 'y' })).rejects.toMatchObject({ committed: 'unknown' })
  expect(await other.findBatch('y')).toMatchObject({ version: 2, rowsInserted: 1 })
  expect(await other.append(rows('mine', 6), { batchId: 'y' })).toMatchObject({ alreadyWritten: true })
  expect(await read(other)).toHaveLength(6)
})

test('a store that retries and finds its own commit has won', async () => {
  const table = tables.over(({ putIfAbsent }) => ({
    async putIfAbsent(target, bytes) {
      await putIfAbsent(target, bytes)
      return putIfAbsent(target, bytes)
    },
  }))
  expect(await table.append(rows('mine', 6), { batchId: 'y' })).toMatchObject({ version: 2, alreadyWritten: false })
  expect(await read(other)).toHaveLength(6)
})

test('a commit that failed before it existed leaves nothing', async () => {
  const table = tables.over(() => ({ putIfAbsent: () => Promise.reject(new Error('no')) }))
  await expect(table.append(rows('mine', 6), { batchId: 'y' })).rejects.toMatchObject({ committed: 'no' })
  expect((await other.vacuum({ retentionHours: 0, allowShortRetention: true, dryRun: true })).filesRemoved).toBe(0)
})

test('two writers that create the table at the same time create one table', async () => {
  const first = deltaStorage({ path: join(path, 'new') })
  const second = deltaStorage({ path: join(path, 'new') })
  const tables = await Promise.all([first, second].map((storage) => storage.openTable(ref, { columns: COLUMNS })))
  await Promise.all(tables.map((table, at) => table.append(rows('x', at), { batchId: `b${at}` })))
  expect(await read(tables[0] as DeltaTable)).toEqual(['0 x', '1 x'])
  await first.close()
  await second.close()
})
