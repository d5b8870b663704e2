import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { parsePredicate } from '@forge/writer-core'
import { type DuckdbStorageOptions, type DuckdbTable, duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, appendArguments, ensureBuilt, runChild } from './children/built.ts'
import { allRows, freshPath, LOGS, manyRows, openLogs } from './log-rows.ts'

ensureBuilt()

test('a file whose log holds changes of columns opens, as a crash before the checkpoint leaves it', async () => {
  const path = freshPath()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`attach '${path}.source' as db`)
  await connection.run('create schema db.analytics')
  await connection.run('create table db.analytics.logs (run_id varchar, n integer)')
  await connection.run(`insert into db.analytics.logs values ('a', 1)`)
  await connection.run('checkpoint db')
  await connection.run(`alter table db.analytics.logs add column made timestamptz default now()`)
  await connection.run('alter table db.analytics.logs alter column n set data type varchar using upper(n::varchar)')
  for (const end of ['', '.wal']) spawnSync('cp', [`${path}.source${end}`, `${path}${end}`])
  connection.closeSync()
  instance.closeSync()
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS)
  expect(await allRows(table, { columns: ['run_id', 'n'] })).toEqual([{ run_id: 'a', n: '1' }])
  await storage.close()
})

test('the log of another database is refused, and the doctor says so', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(4), { batchId: 'a' })
  await storage.close()
  const other = await openLogs(undefined, { idleMs: 600_000 })
  await other.table.append(manyRows(1), { batchId: 'a' })
  await other.table.append(manyRows(2), { batchId: 'b' })
  spawnSync('cp', [`${other.path}.wal`, `${path}.wal`])
  await other.storage.close()
  const again = await openLogs(path)
  expect((await again.storage.doctor()).checks).toContainEqual(
    expect.objectContaining({ name: 'opens', status: 'problem', detail: expect.stringContaining(`${path}.wal`) }),
  )
  await again.storage.close()
})

test('an unreadable mark is reported until the next write replaces it', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(1), { batchId: 'a' })
  await storage.close()
  writeFileSync(`${path}.mark`, 'no mark')
  const again = await openLogs(path)
  const commits = async () => (await again.storage.doctor()).checks.find(({ name }) => name === 'commits')?.status
  expect(await commits()).toBe('warning')
  await again.table.append(manyRows(1), { batchId: 'b' })
  expect(await commits()).toBe('ok')
  await again.storage.close()
})

test('the error of a path that cannot hold a database names the reason', async () => {
  const file = freshPath()
  writeFileSync(file, 'text')
  const reasonOf = async (path: string) => {
    const { storage, table } = await openLogs(path)
    const error = await table.append(manyRows(1), { batchId: 'a' }).catch((thrown: unknown) => thrown)
    await storage.close()
    return error
  }
  expect(await reasonOf(dirname(file))).toMatchObject({ context: { reason: 'pathIsFolder' } })
  expect(await reasonOf(join(file, 'logs.duckdb'))).toMatchObject({
    code: 'TABLE',
    committed: 'no',
    context: { reason: 'parentIsFile' },
  })
})

test('a descriptor of this process does not hide why a file cannot be opened', async () => {
  const path = freshPath()
  writeFileSync(path, 'no database'.repeat(2000))
  const descriptor = openSync(path, 'r')
  const { storage, table } = await openLogs(path)
  await expect(table.info()).rejects.toMatchObject({ context: { engineError: 'noDatabase' } })
  closeSync(descriptor)
  await storage.close()
})

test('a file that is not a database is reported and not changed', async () => {
  const path = freshPath()
  writeFileSync(path, 'no database'.repeat(2000))
  const { storage, table } = await openLogs(path)
  await expect(table.info()).rejects.toMatchObject({
    code: 'TABLE',
    context: { engineError: 'noDatabase', path },
  })
  await expect(table.append(manyRows(1), { batchId: 'a' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  expect((await storage.doctor()).checks).toContainEqual(
    expect.objectContaining({ name: 'opens', status: 'problem', suggestion: expect.stringContaining('from a copy') }),
  )
  expect((await storage.repair()).healthy).toBe(false)
  expect(readFileSync(path, 'utf8')).toBe('no database'.repeat(2000))
  await storage.close()
})

test('a file that opens but cannot be used is released, and works after it was fixed', async () => {
  const path = freshPath()
  const change = async (...statements: string[]) => {
    const instance = await DuckDBInstance.create(':memory:')
    const connection = await instance.connect()
    for (const sql of [`attach '${path}' as db`, ...statements, 'detach db']) await connection.run(sql)
    connection.closeSync()
    instance.closeSync()
  }
  await change('create schema db.forge_writer', 'create table db.forge_writer.journal (nothing integer)')
  const { storage, table } = await openLogs(path)
  await expect(table.append(manyRows(1), { batchId: 'a' })).rejects.toMatchObject({ committed: 'no' })
  const open = `require('@duckdb/node-api').DuckDBInstance.create(${JSON.stringify(path)}).then(() => process.exit(0), () => process.exit(3))`
  expect(spawnSync(process.execPath, ['-e', open], { cwd: dirname(APPEND_BATCHES) }).status).toBe(0)
  await change('drop table db.forge_writer.journal')
  await table.append(manyRows(1), { batchId: 'a' })
  expect(await table.info()).toMatchObject({ rowCount: 1 })
  await storage.close()
})

test('a missing database is reported, and the next write starts a new one', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(3), { batchId: 'a' })
  await storage.close()
  rmSync(path)
  const again = await openLogs(path)
  expect((await again.storage.doctor()).checks).toContainEqual(
    expect.objectContaining({ name: 'file', status: 'problem' }),
  )
  expect(await again.table.append(manyRows(1), { batchId: 'a' })).toMatchObject({ alreadyWritten: false, version: 0 })
  expect((await again.storage.doctor()).healthy).toBe(true)
  await again.storage.close()
})

test('a log without its database is reported, and no new database is created', async () => {
  const path = freshPath()
  writeFileSync(`${path}.wal`, 'left over')
  const { storage, table } = await openLogs(path)
  await expect(table.append(manyRows(1), { batchId: 'a' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  expect((await storage.doctor()).healthy).toBe(false)
  await storage.close()
})

test('a scan ends when its signal is aborted', async () => {
  const { storage, table } = await openLogs()
  await table.append(manyRows(5000), { batchId: 'a' })
  const controller = new AbortController()
  const read = async () => {
    for await (const _batch of table.scan({ signal: controller.signal })) controller.abort(new Error('enough'))
  }
  await expect(read()).rejects.toThrow('enough')
  expect(await table.info()).toMatchObject({ rowCount: 5000 })
  await storage.close()
})

const hasStrace = spawnSync('strace', ['-V']).status === 0

test.skipIf(!hasStrace)(
  'the folder is synced after the first commit that makes a log (skipped without strace)',
  { tags: 'processes' },
  async () => {
    const path = freshPath()
    const job = (prefix: string) => appendArguments({ path, acknowledged: `${path}.ids`, prefix, batches: 1, rows: 1 })
    await runChild([APPEND_BATCHES, ...job('first')])
    const trace = `${path}.trace`
    const watched = ['-f', '-y', '-e', 'trace=fsync,fdatasync', '-o', trace, process.execPath, APPEND_BATCHES]
    await runChild([...watched, ...job('second')], { command: 'strace' })
    const calls = readFileSync(trace, 'utf8').split('\n')
    const logged = calls.findIndex((line) => line.includes(`<${path}.wal>`))
    const synced = calls.findIndex((line) => line.includes(`<${dirname(path)}>`))
    expect(logged).toBeGreaterThanOrEqual(0)
    expect(synced).toBeGreaterThan(logged)
  },
)

test('a file may contain row groups of different sizes', { tags: 'many-rows' }, async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(40_000, 'a'), { batchId: 'a' })
  await storage.close()
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  const copied = `select * replace ('x-' || step_name as step_name) from analytics.logs`
  for (const sql of [`insert into analytics.logs ${copied}`, `insert into analytics.logs ${copied}`, 'checkpoint']) {
    await connection.run(sql)
  }
  connection.closeSync()
  instance.closeSync()
  const again = await openLogs(path)
  await again.table.append(manyRows(40_000, 'b'), { batchId: 'b' })
  await again.table.delete(parsePredicate("step_name like 'x-x-%'"), { batchId: 'c' })
  const counts = new Map<string, number>()
  for (const { step_name } of await allRows(again.table, { columns: ['step_name'] })) {
    const start = String(step_name).slice(0, 2)
    counts.set(start, (counts.get(start) ?? 0) + 1)
  }
  expect(Object.fromEntries(counts)).toEqual({ 'a-': 40_000, 'b-': 40_000, 'x-': 80_000 })
  await again.storage.close()
})

test('a new file is for engines since its storage version, and keeps that until a vacuum is asked for another', async () => {
  const path = freshPath()
  const versionAfter = async (
    options: Omit<DuckdbStorageOptions, 'path'>,
    work: (table: DuckdbTable) => Promise<unknown>,
  ) => {
    const { storage, table } = await openLogs(path, options)
    await work(table)
    await storage.close()
    return storageVersion(path)
  }
  expect(await storageVersion(await fileOf({}))).toBe('v1.3.0+')
  expect(await versionAfter({ storageVersion: 'v1.0.0' }, (table) => table.append(manyRows(5), { batchId: 'a' }))).toBe(
    'v1.0.0+',
  )
  expect(await versionAfter({}, (table) => table.append(manyRows(5), { batchId: 'b' }))).toBe('v1.0.0+')
  expect(await versionAfter({}, (table) => table.vacuum())).toBe('v1.0.0+')
  expect(await versionAfter({ storageVersion: 'v1.4.0' }, (table) => table.vacuum())).toBe('v1.4.0+')
  expect(await versionAfter({ storageVersion: 'v1.2.0' }, (table) => table.vacuum())).toBe('v1.2.0+')
  const { storage, table } = await openLogs(path)
  expect(await allRows(table)).toHaveLength(10)
  await storage.close()
})

test('a storage version that the engine cannot write is refused, and no file is left', async () => {
  expect(() => duckdbStorage({ path: freshPath(), storageVersion: 'latest' })).toThrow(
    /storageVersion must be a release/,
  )
  const path = freshPath()
  const { storage, table } = await openLogs(path, { storageVersion: 'v9.9.9' })
  await expect(table.append(manyRows(1), { batchId: 'a' })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await storage.close()
  expect(readdirSync(dirname(path))).toEqual([])
})

async function fileOf(options: Omit<DuckdbStorageOptions, 'path'>): Promise<string> {
  const { path, storage, table } = await openLogs(undefined, options)
  await table.append(manyRows(1), { batchId: 'a' })
  await storage.close()
  return path
}

async function storageVersion(path: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`attach '${path}' as db (read_only)`)
  const found = await connection.runAndReadAll(
    `select tags['storage_version'] from duckdb_databases() where database_name = 'db'`,
  )
  connection.closeSync()
  instance.closeSync()
  return found.getRows()[0]?.[0]
}
