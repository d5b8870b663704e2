// @module-tag processes
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { type EngineErrorKind, engineErrorKind, fromEngineError } from '@forge/writer-storage-duckdb/engine'
import { expect, test } from 'vitest'
import {
  CONFLICTS,
  ERROR_TYPES,
  FAILED_COMMIT,
  FILE_RULES,
  INVALIDATED,
  REPLAYING,
  UNWRITTEN,
} from '../src/engine/error-rules.ts'
import { allRows, freshPath, manyRows, openLogs } from './log-rows.ts'
import { withSmallDisk } from './small-disk.ts'

/** The bytes of the engine's own library. */
function engineLibrary(): Buffer {
  const bindings = createRequire(createRequire(import.meta.url).resolve('@duckdb/node-bindings/package.json'))
  const folder = dirname(bindings.resolve(`@duckdb/node-bindings-${process.platform}-${process.arch}/package.json`))
  const file = ['libduckdb.so', 'libduckdb.dylib', 'duckdb.dll'].map((name) => join(folder, name)).find(existsSync)
  return readFileSync(file ?? '')
}

test('every word by which an error is classified is a word of the engine', () => {
  const library = engineLibrary()
  const words = [
    ...Object.keys(ERROR_TYPES),
    'TransactionContext',
    ...INVALIDATED,
    ...FILE_RULES.flatMap(({ words: each, after = [] }) => [...each, ...[after].flat()]),
    FAILED_COMMIT,
    REPLAYING,
    ...UNWRITTEN,
    ...CONFLICTS,
  ]
  expect(words.filter((each) => !library.includes(each, 0, 'latin1'))).toEqual([])
})

test('a value in the text of an error does not classify it', () => {
  const texts: Record<string, EngineErrorKind> = {
    "Conversion Error: Could not convert string 'The database has been invalidated' to INT64": 'conversion',
    "Conversion Error: Could not convert string 'IO Error: No space left on device' to INT64": 'conversion',
    'Constraint Error: NOT NULL constraint failed: Could not set lock on file': 'constraint',
    'Invalid Input Error: Corrupt database file': 'input',
  }
  for (const [text, kind] of Object.entries(texts))
    expect([text, engineErrorKind(new Error(text))]).toEqual([text, kind])
})

test('errors of file systems without locks, of files in use and of versions have kinds of their own', () => {
  const of = (text: string) => fromEngineError(new Error(text), 'opening the database')
  const lock = 'IO Error: Could not set lock on file "/a/logs.duckdb": '
  const see = '. See also https://duckdb.org/docs/stable/connect/concurrency'
  expect(of(`${lock}No locks available${see}`)).toMatchObject({ code: 'TABLE', context: { engineError: 'noLocks' } })
  expect(of(`${lock}Function not implemented${see}`)).toMatchObject({ context: { engineError: 'noLocks' } })
  expect(of(`${lock}Conflicting lock is held in /usr/bin/node (PID 1233)${see}`)).toMatchObject({
    code: 'CONCURRENCY',
    context: { engineError: 'locked', processId: 1233 },
  })
  const version = 'IO Error: Trying to read a database file with version number 69, but we can only read versions'
  const newer = 'Newer DuckDB version might introduce backward incompatible changes'
  expect(of(`${version} between 64 and 68.\n${newer}`)).toMatchObject({
    code: 'UNSUPPORTED',
    context: { engineError: 'newerVersion', storageVersion: 69, readableVersions: [64, 68] },
  })
  expect(of(`${version} between 70 and 72.`)).toMatchObject({ context: { engineError: 'otherVersion' } })
})

/** What the engine says to each statement, in an engine of its own. */
async function errorOf(...statements: string[]): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  try {
    for (const sql of statements) await connection.run(sql)
    return 'no error'
  } catch (error) {
    return engineErrorKind(error)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

test('errors that the engine really throws are classified', { tags: 'many-calls' }, async () => {
  const path = freshPath()
  writeFileSync(`${path}.text`, 'text')
  const { path: whole, storage, table } = await openLogs()
  await table.append(manyRows(50_000), { batchId: 'a' })
  await storage.close()
  const damageFile = (change: (bytes: Buffer) => Buffer) => {
    const file = freshPath()
    writeFileSync(file, change(readFileSync(whole)))
    return `attach '${file}' as db (read_only)`
  }
  const flipByte = (bytes: Buffer, at: number) => {
    bytes[at] = (bytes[at] ?? 0) ^ 255
    return bytes
  }
  const table2 = 'create table t (a integer not null)'
  expect({
    text: await errorOf(`attach '${path}.text' as db`),
    folder: await errorOf(`attach '${dirname(path)}' as db`),
    missing: await errorOf(`attach '${path}.none' as db (read_only)`),
    header: await errorOf(damageFile((bytes) => flipByte(bytes, 5000))),
    cut: await errorOf(damageFile((bytes) => bytes.subarray(0, 20_000))),
    newer: await errorOf(damageFile(asVersion(69n))),
    null: await errorOf(table2, 'insert into t values (null)'),
    text2: await errorOf(table2, `insert into t values ('x')`),
    range: await errorOf(table2, 'insert into t values (99999999999)'),
    column: await errorOf('select nothing'),
    table: await errorOf('select * from nothing'),
    syntax: await errorOf('selct'),
    memory: await errorOf(
      `set memory_limit = '1MiB'`,
      `set temp_directory = ''`,
      'create table t as from range(9000000)',
    ),
  }).toEqual({
    text: 'noDatabase',
    folder: 'io',
    missing: 'io',
    header: 'damaged',
    cut: 'damaged',
    newer: 'newerVersion',
    null: 'constraint',
    text2: 'conversion',
    range: 'conversion',
    column: 'schema',
    table: 'schema',
    syntax: 'input',
    memory: 'memory',
  })
})

/** Marks the file as a release of that storage version would, and updates the checksum of its first block. */
function asVersion(version: bigint): (bytes: Buffer) => Buffer {
  return (bytes) => {
    bytes.writeBigUInt64LE(version, 12)
    let sum = 5381n
    for (let at = 8; at < 4096; at += 8) sum ^= BigInt.asUintN(64, bytes.readBigUInt64LE(at) * 0xbf58476d1ce4e5b9n)
    bytes.writeBigUInt64LE(sum, 0)
    return bytes
  }
}

test('the error of a file of a newer version names the versions, and the file is not reported as damaged', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(2), { batchId: 'a' })
  await storage.close()
  const newer = freshPath()
  writeFileSync(newer, asVersion(69n)(readFileSync(path)))
  const again = await openLogs(newer)
  await expect(again.table.info()).rejects.toMatchObject({
    code: 'UNSUPPORTED',
    context: { storageVersion: 69, readableVersions: [64, expect.any(Number)] },
  })
  await again.storage.close()
})

const columns = { clusterColumns: ['step_name'] }

withSmallDisk('8m')('after an optimize on a full disk the same storage goes on when there is space', async (disk) => {
  const path = join(disk, 'logs.duckdb')
  const { storage, table } = await openLogs(path, { idleMs: 600_000 })
  await table.append(manyRows(6000), { batchId: 'a' })
  await table.append(manyRows(6000, 'b'), { batchId: 'b' })
  const filler = join(disk, 'filler')
  const outcomes: string[] = []
  for (let free = 0; free < 12; free++) {
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M', 'count=8'])
    if (existsSync(filler)) truncateSync(filler, Math.max(0, statSync(filler).size - free * 150_000))
    await table.optimize(columns).then(
      () => outcomes.push('optimized'),
      (error) => outcomes.push(error.context.engineError),
    )
    expect(await allRows(table, { columns: ['step_name'] })).toHaveLength(12_000)
    rmSync(filler)
    expect(await table.info()).toMatchObject({ rowCount: 12_000 })
    expect(await allRows(table, { columns: ['step_name'] })).toHaveLength(12_000)
  }
  expect(outcomes).toContain('noSpace')
  await table.append(manyRows(1, 'c'), { batchId: 'c' })
  await storage.close()
  const again = await openLogs(path)
  expect(await again.table.info()).toMatchObject({ rowCount: 12_001 })
  expect((await again.storage.doctor()).healthy).toBe(true)
  await again.storage.close()
})

withSmallDisk('8m')('a checkpoint that fails leaves a file that the next call opens again', async (disk) => {
  const { storage, table } = await openLogs(join(disk, 'logs.duckdb'), { idleMs: 600_000 })
  await table.append(manyRows(8000), { batchId: 'a' })
  const filler = join(disk, 'filler')
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=1M', 'count=8'])
  // Without columns nothing is written but a line of the journal, for which there is space; the checkpoint needs more.
  truncateSync(filler, statSync(filler).size - 100_000)
  const result = await table.optimize()
  expect(result.skipped).toContainEqual(expect.objectContaining({ name: 'checkpoint' }))
  expect(result.applied).not.toContain('checkpoint')
  expect(await table.info()).toMatchObject({ rowCount: 8000 })
  expect(await allRows(table)).toHaveLength(8000)
  rmSync(filler)
  expect(await table.append(manyRows(1, 'b'), { batchId: 'b' })).toMatchObject({ alreadyWritten: false })
  expect((await table.optimize()).applied).toContain('checkpoint')
  await storage.close()
})
