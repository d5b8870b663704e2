// @module-tag processes
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, linkSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, appendArguments, ensureBuilt, runChild } from './children/built.ts'
import { allRows, freshPath, manyRows, openLogs } from './log-rows.ts'
import { copyDatabase, leaveLog } from './log-states.ts'
import { withSmallDisk } from './small-disk.ts'

ensureBuilt()

const LONG = { idleMs: 600_000 }

test('a file that was deleted while it is open and idle is not written to: the next write makes a new one', async () => {
  const { path, storage, table } = await openLogs(undefined, LONG)
  await table.append(manyRows(1), { batchId: 'a' })
  rmSync(path)
  expect(await table.append(manyRows(2, 'b'), { batchId: 'b' })).toMatchObject({ version: 0, alreadyWritten: false })
  await storage.close()
  const again = await openLogs(path)
  expect(await allRows(again.table)).toHaveLength(2)
  await again.storage.close()
})

test('a file that was replaced while it is open and idle is read and written as it is now', async () => {
  const other = freshPath()
  await leaveLog(other, { inFile: 2, inLog: 1, prefix: 'other' })
  const { path, storage, table } = await openLogs(undefined, LONG)
  await table.append(manyRows(1), { batchId: 'a' })
  for (const end of ['', '.wal', '.mark']) renameSync(`${other}${end}`, `${path}${end}`)
  expect(await allRows(table)).toHaveLength(6)
  await table.append(manyRows(1, 'b'), { batchId: 'b' })
  await storage.close()
  const again = await openLogs(path)
  expect((await allRows(again.table)).map(({ step_name }) => String(step_name).slice(0, 5)).sort()).toEqual(
    ['b-0', ...Array.from({ length: 6 }, () => 'other')].sort(),
  )
  expect((await again.storage.doctor()).healthy).toBe(true)
  await again.storage.close()
})

test.each([
  ['deleted', (path: string) => rmSync(path)],
  ['moved', (path: string) => renameSync(path, `${path}.moved`)],
  ['replaced', (path: string) => renameSync(`${path}.other`, path)],
])('a commit into a file that was %s meanwhile is not acknowledged', async (name, harm) => {
  const { path, storage, table } = await openLogs(undefined, LONG)
  await table.append(manyRows(1), { batchId: 'a' })
  await leaveLog(`${path}.other`, { inFile: 2, inLog: 0, prefix: 'other' })
  const batches = function* () {
    yield manyRows(5, 'b')
    harm(path)
    yield manyRows(5, 'c')
  }
  await expect(table.appendStream(batches(), { batchId: 'b' })).rejects.toMatchObject({
    code: 'TABLE',
    committed: 'no',
  })
  // A file of other commits lacks those that were acknowledged here, which is known by the mark.
  if (name === 'replaced') {
    await expect(table.append(manyRows(1, 'd'), { batchId: 'd' })).rejects.toMatchObject({ code: 'TABLE' })
    expect(await table.info()).toMatchObject({ rowCount: 4, lost: { commits: 1 } })
  } else {
    expect(await table.append(manyRows(1, 'd'), { batchId: 'd' })).toMatchObject({ alreadyWritten: false })
    expect((await allRows(table)).map(({ step_name }) => step_name)).toEqual(['d-0'])
  }
  await storage.close()
})

test('a log under another name of the file is not passed over', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 2 })
  const other = join(dirname(path), 'other.duckdb')
  linkSync(path, other)
  const linked = await openLogs(other)
  const error = { code: 'TABLE', context: { other: path, log: `${path}.wal` } }
  await expect(linked.table.info()).rejects.toMatchObject(error)
  await expect(linked.table.append(manyRows(1), { batchId: 'x' })).rejects.toMatchObject({ ...error, committed: 'no' })
  const { storage, table } = await openLogs(path)
  expect(await allRows(table)).toHaveLength(6)
  await storage.close()
  expect(await allRows(linked.table)).toHaveLength(6)
  await linked.storage.close()
})

test('a name of the file in another folder, whose log cannot be checked, is reported', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 2 })
  const other = freshPath()
  linkSync(path, other)
  const linked = await openLogs(other)
  expect((await linked.storage.doctor()).checks).toContainEqual(
    expect.objectContaining({ name: 'names', status: 'warning' }),
  )
  await linked.table.append(manyRows(1), { batchId: 'x' })
  await linked.storage.close()
  // What was written by that name made the log that of an older state: it is refused, not mixed in.
  const { storage, table } = await openLogs(path)
  await expect(table.info()).rejects.toMatchObject({ context: { engineError: 'foreignLog' } })
  await storage.close()
})

const canChangeUser = process.getuid?.() === 0 && spawnSync('setpriv', ['--version']).status === 0

test.skipIf(!canChangeUser)(
  'the error of a file without write permission suggests readOnly, which works (skipped unless setpriv can change the user)',
  async () => {
    const path = freshPath()
    await leaveLog(path, { inFile: 1, inLog: 1 })
    chmodSync(dirname(path), 0o755)
    for (const end of ['', '.wal', '.mark']) chmodSync(`${path}${end}`, 0o644)
    const script = `
      import { duckdbStorage } from '@forge/writer-storage-duckdb'
      for (const readOnly of [false, true]) {
        const storage = duckdbStorage({ path: ${JSON.stringify(path)}, readOnly })
        const table = await storage.openTable({ schema: 'analytics', name: 'logs' })
        const answer = await table.info().then(({ rowCount }) => ({ rowCount }), ({ code, context, suggestions }) => ({ code, context, suggestions }))
        console.log(JSON.stringify(answer))
        await storage.close()
      }`
    const user = ['--reuid', '12345', '--regid', '12345', '--clear-groups']
    const { stdout } = spawnSync('setpriv', [...user, process.execPath, '--input-type=module', '-e', script], {
      cwd: dirname(APPEND_BATCHES),
      encoding: 'utf8',
    })
    const [writing, reading] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(writing).toMatchObject({
      code: 'TABLE',
      context: { engineError: 'denied', path },
      suggestions: [expect.stringContaining('readOnly'), expect.anything()],
    })
    expect(reading).toEqual({ rowCount: 4 })
  },
)

withSmallDisk('16m')('a file system that is read-only says so', async (disk) => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 0 })
  const placed = join(disk, 'logs.duckdb')
  copyDatabase(path, placed)
  spawnSync('mount', ['-o', 'remount,ro', disk])
  const { storage, table } = await openLogs(placed)
  await expect(table.append(manyRows(1), { batchId: 'x' })).rejects.toMatchObject({
    code: 'TABLE',
    committed: 'no',
    context: { engineError: 'denied' },
    suggestions: [expect.stringContaining('readOnly'), expect.anything()],
  })
  await storage.close()
  const reading = await openLogs(placed, { readOnly: true })
  expect(await allRows(reading.table)).toHaveLength(2)
  await reading.storage.close()
})

const hasStrace = spawnSync('strace', ['-V']).status === 0

test.skipIf(!hasStrace).each(['ENOLCK', 'EOPNOTSUPP', 'ENOSYS'])(
  'a file system whose locks fail with %s is refused at once, and nothing is left behind (skipped without strace)',
  async (error) => {
    const path = freshPath()
    const job = appendArguments({ path, acknowledged: `${path}.ids`, prefix: 'a', batches: 1, rows: 1 })
    const inject = ['-f', '-qq', '-o', '/dev/null', '-e', 'trace=fcntl', '-e', `inject=fcntl:error=${error}`]
    const started = Date.now()
    const { code, errors } = await runChild([...inject, '-P', path, process.execPath, APPEND_BATCHES, ...job], {
      command: 'strace',
    })
    expect(code).toBe(1)
    expect(errors).toContain("engineError: 'noLocks'")
    expect(readdirSync(dirname(path))).toEqual([])
    // The child waits up to a minute for a file that is in use.
    expect(Date.now() - started).toBeLessThan(50_000)
  },
)

test('a whole folder that was copied opens as it was', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 2, inLog: 2 })
  const copy = `${dirname(path)}-copy`
  cpSync(dirname(path), copy, { recursive: true })
  const { storage, table } = await openLogs(join(copy, 'logs.duckdb'))
  expect(await allRows(table)).toHaveLength(8)
  expect((await storage.doctor()).healthy).toBe(true)
  await storage.close()
  rmSync(copy, { recursive: true })
  expect(existsSync(copy)).toBe(false)
})
