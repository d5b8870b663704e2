// @module-tag many-calls
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { createLogWriter, type KnownLoss, tableSource } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { describe, expect, test } from 'vitest'
import { ensureBuilt } from './children/built.ts'
import { allRows, freshPath, LOGS, manyRows, openLogs } from './log-rows.ts'
import { copyDatabase, leaveLog } from './log-states.ts'

ensureBuilt()

const config = { tableSchema: LOGS.schema, tableName: LOGS.name }

/** What the readers of a database say of it. */
async function readersOf(path: string) {
  const storage = duckdbStorage({ path })
  const losses: KnownLoss[] = []
  storage.onLoss((loss) => losses.push(loss))
  const table = await storage.openTable(LOGS)
  const rows = await allRows(table, { columns: ['step_name'], orderBy: [{ column: 'step_name' }] })
  const info = await table.info()
  await storage.close()
  return { rows: rows.length, info, losses }
}

describe.each([
  ['gone', (path: string) => rmSync(`${path}.wal`)],
  ['cut', (path: string) => truncateSync(`${path}.wal`, statSync(`${path}.wal`).size - 30)],
  ['no log', (path: string) => writeFileSync(`${path}.wal`, 'what is not a log at all, but long enough for one')],
])('a log that is %s', (_name, harm) => {
  test('is reported by every reader, with the commits and rows that are gone', async () => {
    const path = freshPath()
    await leaveLog(path, { inFile: 2, inLog: 3 })
    harm(path)
    const { rows, info, losses } = await readersOf(path)
    const lost = (10 - rows) / 2
    expect(lost).toBeGreaterThan(0)
    expect(losses).toMatchObject([{ commits: lost, rows: lost * 2 }])
    expect(info).toMatchObject({ rowCount: rows, lost: { commits: lost } })
    const writer = await createLogWriter({ storage: duckdbStorage({ path }), config })
    const events: unknown[] = []
    writer.on('lossFound', (event) => events.push(event))
    expect(await writer.getTableInfo()).toMatchObject({ rowCount: rows, lost: { commits: lost } })
    expect(events).toMatchObject([{ loss: { commits: lost }, location: path }])
    await expect(writer.writeLogRows([{ run_id: 'x', phase: 'gold', step_name: 's' }])).rejects.toMatchObject({
      code: 'TABLE',
      committed: 'no',
    })
    await writer.close()
  })

  test('stays as it is until a repair accepts the loss, which stays on record', async () => {
    const path = freshPath()
    await leaveLog(path, { inFile: 2, inLog: 3 })
    harm(path)
    const log = existsSync(`${path}.wal`) ? readFileSync(`${path}.wal`) : undefined
    await readersOf(path)
    expect(existsSync(`${path}.wal`) ? readFileSync(`${path}.wal`) : undefined).toEqual(log)
    const { storage, table } = await openLogs(path)
    expect((await storage.repair()).healthy).toBe(true)
    await table.append(manyRows(1, 'after'), { batchId: 'after' })
    const { healthy, checks } = await storage.doctor()
    expect(healthy).toBe(true)
    expect(checks.find(({ name }) => name === 'commits')?.detail).toContain('accepted')
    await storage.close()
    expect((await readersOf(path)).losses).toEqual([])
  })
})

test('readers that have no writer log the loss once for a storage', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 1 })
  rmSync(`${path}.wal`)
  const storage = duckdbStorage({ path })
  const warnings: unknown[] = []
  const logger = {
    trace() {},
    debug() {},
    info() {},
    warn: (fields: unknown) => void warnings.push(fields),
    error() {},
  }
  const sources = [1, 2].map(() => tableSource({ storage, config, logger }))
  for (const source of sources) expect(await allRows(await source.table())).toHaveLength(2)
  expect(warnings).toMatchObject([{ loss: { commits: 1, rows: 2 } }])
  await storage.close()
})

test('a database that was taken away is reported by its readers', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 2, inLog: 0 })
  rmSync(path)
  const { rows, losses, info } = await readersOf(path)
  expect(rows).toBe(0)
  expect(losses).toMatchObject([{ commits: 2, rows: 4 }])
  expect(info).toMatchObject({ exists: false, lost: { commits: 2 } })
})

test('a copy of file and log, one without a mark, and a moved file have lost nothing', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 2, inLog: 3 })
  const copies = [freshPath(), freshPath(), freshPath()]
  copyDatabase(path, copies[0] ?? '')
  copyDatabase(path, copies[1] ?? '', ['', '.wal'])
  spawnSync('mv', [path, copies[2] ?? ''])
  spawnSync('mv', [`${path}.wal`, `${copies[2]}.wal`])
  for (const copy of copies) expect(await readersOf(copy)).toMatchObject({ rows: 10, losses: [] })
})

test('an older copy that is put back is known by the mark, and one that went on elsewhere by its commits', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 2, inLog: 0 })
  const old = freshPath()
  copyDatabase(path, old)
  await leaveLog(path, { inFile: 3, inLog: 0, prefix: 'c' })
  copyDatabase(old, path, [''])
  expect(await readersOf(path)).toMatchObject({ rows: 4, losses: [{ commits: 3, rows: 6 }] })
  // The old copy takes more commits somewhere else than were lost here.
  await leaveLog(old, { inFile: 9, inLog: 0, prefix: 'd' })
  copyDatabase(old, path, [''])
  expect(await readersOf(path)).toMatchObject({ rows: 22, losses: [{ commits: 1 }] })
})

const OPTIONS = { 'v1.0.0': {}, 'v1.3.0': {}, 'v1.4.0': {}, 'v1.5.0': {} } as const

describe.each(Object.keys(OPTIONS))('in storage version %s', (storageVersion) => {
  const options = { storageVersion }

  test('a restored file next to a newer log is refused, and never gives rows of two states', async () => {
    const path = freshPath()
    const old = freshPath()
    await leaveLog(path, { inFile: 1, inLog: 0, options })
    copyDatabase(path, old)
    await leaveLog(path, { inFile: 1, inLog: 1, options, prefix: 'c' })
    copyDatabase(old, path, ['', '.mark'])
    await isRefused(path, 2)
  })

  test('the log of another database is refused', async () => {
    const [path, other] = [freshPath(), freshPath()]
    await leaveLog(path, { inFile: 3, inLog: 0, options })
    await leaveLog(other, { inFile: 3, inLog: 2, options, prefix: 'other' })
    copyDatabase(other, path, ['.wal'])
    await isRefused(path, 6)
  })

  test('the log of another new database is refused by one that is new', async () => {
    const [path, other] = [freshPath(), freshPath()]
    await leaveLog(path, { inFile: 1, inLog: 0, options })
    await leaveLog(other, { inFile: 0, inLog: 2, options, prefix: 'other' })
    copyDatabase(other, path, ['.wal'])
    await isRefused(path, 2)
  })

  test('a log that the file has taken in already is refused', async () => {
    const path = freshPath()
    const old = freshPath()
    await leaveLog(path, { inFile: 1, inLog: 2, options })
    copyDatabase(path, old)
    // Letting go of it puts the log into the file.
    await readersOf(path)
    copyDatabase(old, path, ['.wal'])
    await isRefused(path, 6)
  })
})

describe.each(['v1.0.0', 'v1.3.0'])(
  'a log that names no database, next to a file of storage version %s',
  (storageVersion) => {
    test.each([
      ['fits the tables of the file', ['create table other.main.theirs as select 1 as id']],
      [
        'does not fit them',
        ['create schema other.analytics', 'create table other.analytics.pipeline_logs(id integer)'],
      ],
    ])('is refused if another program wrote it and it %s', async (_fit, statements) => {
      const path = freshPath()
      await leaveLog(path, { inFile: 3, inLog: 0, options: { storageVersion } })
      await leaveForeignLog(path, storageVersion, statements)
      await isRefused(path, 6)
    })

    test('is ignored if its only transaction was cut, as the log of a killed process is', async () => {
      const path = freshPath()
      await leaveLog(path, { inFile: 3, inLog: 0, options: { storageVersion } })
      await leaveForeignLog(path, storageVersion, ['create table other.main.theirs as select 1 as id'])
      truncateSync(`${path}.wal`, statSync(`${path}.wal`).size - 5)
      expect(await readersOf(path)).toMatchObject({ rows: 6, losses: [] })
    })
  },
)

/** Puts the log of a database that another program writes next to the file at `path`. */
async function leaveForeignLog(path: string, storageVersion: string, statements: readonly string[]): Promise<void> {
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const other = freshPath()
  await connection.run(`attach '${other}' as other (storage_version '${storageVersion}')`)
  for (const sql of statements) await connection.run(sql)
  copyDatabase(other, path, ['.wal'])
  connection.closeSync()
  instance.closeSync()
}

/** Every use of the database fails and names file and log, the doctor says so, and a repair sets the log aside. */
async function isRefused(path: string, rows: number): Promise<void> {
  const before = readFileSync(path)
  const { storage, table } = await openLogs(path)
  const error = { code: 'TABLE', context: { engineError: 'foreignLog', path, log: `${path}.wal` } }
  await expect(table.info()).rejects.toMatchObject(error)
  await expect(allRows(table)).rejects.toMatchObject(error)
  await expect(table.append(manyRows(1), { batchId: 'x' })).rejects.toMatchObject({ ...error, committed: 'no' })
  const { checks } = await storage.doctor()
  expect(checks).toContainEqual(
    expect.objectContaining({ name: 'opens', status: 'problem', detail: expect.stringContaining(`${path}.wal`) }),
  )
  expect(readFileSync(path).equals(before)).toBe(true)
  expect((await storage.repair()).healthy).toBe(true)
  expect(await allRows(table)).toHaveLength(rows)
  const asides = readdirSync(dirname(path)).filter((name) => name.startsWith(`${basename(path)}.wal.`))
  expect(asides).toHaveLength(1)
  await table.append(manyRows(1, 'after'), { batchId: 'after' })
  expect((await storage.doctor()).healthy).toBe(true)
  await storage.close()
}

test('a gap that an earlier release left within the file is reported until it is accepted', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 4, inLog: 0 })
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run('delete from forge_writer.journal where sequence = 2')
  connection.closeSync()
  instance.closeSync()
  expect((await readersOf(path)).losses).toMatchObject([{ commits: 1 }])
  const { storage, table } = await openLogs(path)
  await expect(table.append(manyRows(1), { batchId: 'x' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  expect((await storage.repair()).checks.map(({ status }) => status)).not.toContain('problem')
  await table.append(manyRows(1), { batchId: 'x' })
  await storage.close()
  // The note is in the file: a copy without the mark knows of it too.
  const copy = freshPath()
  copyDatabase(path, copy, [''])
  expect((await readersOf(copy)).losses).toEqual([])
})

test('a file of an earlier release, whose commits name none, opens and goes on', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 3, inLog: 0 })
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run(`update forge_writer.journal set commit_id = split_part(commit_id, '<', 1)`)
  await connection.run('comment on table forge_writer.journal is null')
  connection.closeSync()
  instance.closeSync()
  rmSync(`${path}.mark`)
  await leaveLog(path, { inFile: 1, inLog: 2, prefix: 'c' })
  expect(await readersOf(path)).toMatchObject({ rows: 12, losses: [] })
  const { storage } = await openLogs(path)
  expect((await storage.doctor()).healthy).toBe(true)
  await storage.close()
})
