// @module-tag many-calls
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DoctorReport } from '@forge/writer-core'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, ensureBuilt } from './children/built.ts'
import { allRows, freshPath, LOGS, manyRows, openLogs } from './log-rows.ts'
import { leaveLog } from './log-states.ts'

ensureBuilt()

/** A child that writes one batch and keeps the file open until it is killed. */
async function holder(path: string): Promise<ReturnType<typeof spawn>> {
  const script = `
    import { duckdbStorage } from '@forge/writer-storage-duckdb'
    const storage = duckdbStorage({ path: ${JSON.stringify(path)}, idleMs: 600_000 })
    const table = await storage.openTable({ schema: 'analytics', name: 'logs' })
    for await (const batch of table.scan({ batchRows: 1 })) { console.log('open'); await new Promise((resolve) => setTimeout(resolve, 600_000)) }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: dirname(APPEND_BATCHES),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (!child.stdout) throw new Error('no output')
  await once(child.stdout, 'data')
  return child
}

/** A child of another program, which has the file open in an engine of its own. */
async function engineHolder(path: string): Promise<ReturnType<typeof spawn>> {
  const script = `require('@duckdb/node-api').DuckDBInstance.create(${JSON.stringify(path)}).then((held) => { globalThis.held = held; console.log('open'); setInterval(() => {}, 1000) })`
  const child = spawn(process.execPath, ['-e', script], {
    cwd: dirname(APPEND_BATCHES),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (!child.stdout) throw new Error('no output')
  await once(child.stdout, 'data')
  return child
}

function statusOf({ checks }: DoctorReport, name: string): string | undefined {
  return checks.find((check) => check.name === name)?.status
}

function filesNextTo(path: string): Record<string, string> {
  const names = readdirSync(dirname(path)).sort()
  return Object.fromEntries(names.map((name) => [name, String(statSync(join(dirname(path), name)).mtimeMs)]))
}

test.each([
  ['a writer', holder],
  ['another program', engineHolder],
])('a file that %s has in use is neither examined nor repaired, and its process is named', async (_name, hold) => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 0 })
  const child = await hold(path)
  const before = filesNextTo(path)
  const storage = duckdbStorage({ path, lockTimeoutMs: 200 })
  for (const report of [await storage.doctor(), await storage.repair(), await storage.doctor({ deep: true })]) {
    expect(statusOf(report, 'opens')).toBe('busy')
    expect(report.checks.find(({ name }) => name === 'opens')?.detail).toContain(String(child.pid))
    expect(report.checks.map(({ status }) => status)).not.toContain('problem')
    expect(report.healthy).toBe(false)
  }
  const table = await storage.openTable(LOGS)
  const inUse = { code: 'CONCURRENCY', context: { processId: child.pid } }
  await expect(table.info()).rejects.toMatchObject(inUse)
  await expect(table.append(manyRows(1), { batchId: 'x' })).rejects.toMatchObject({ ...inUse, committed: 'no' })
  expect(filesNextTo(path)).toEqual(before)
  child.kill('SIGKILL')
  await once(child, 'close')
  expect((await storage.repair()).healthy).toBe(true)
  await storage.close()
})

test('a repair that waited for a writer acts on the file as the writer left it', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 0 })
  const child = await holder(path)
  const storage = duckdbStorage({ path })
  const repairing = storage.repair()
  child.kill('SIGKILL')
  const report = await repairing
  expect(report.healthy).toBe(true)
  expect(report.checks.map(({ status }) => status)).not.toContain('repaired')
  expect(await allRows(await storage.openTable(LOGS))).toHaveLength(2)
  await storage.close()
})

test('a repair keeps every commit of the log before its damage, wherever that is', async () => {
  const whole = freshPath()
  await leaveLog(whole, { inFile: 1, inLog: 12 })
  const log = readFileSync(`${whole}.wal`)
  const kept: number[] = []
  for (let part = 1; part < 12; part++) {
    const path = freshPath()
    for (const end of ['', '.mark']) writeFileSync(`${path}${end}`, readFileSync(`${whole}${end}`))
    const damaged = Buffer.from(log)
    const at = Math.floor((log.length * part) / 12)
    damaged[at] = (damaged[at] ?? 0) ^ 255
    writeFileSync(`${path}.wal`, damaged)
    const { storage, table } = await openLogs(path)
    // If the length of an entry is damaged, the engine treats the log as ending there.
    const seen = await table.info().then(
      ({ lost }) => (lost ? 'lost' : 'whole'),
      (error) => error.context.engineError,
    )
    expect(['damagedLog', 'lost']).toContain(seen)
    const { healthy, checks } = await storage.repair()
    expect(healthy).toBe(true)
    const rows = await allRows(table, { columns: ['step_name'] })
    const commits = rows.length / 2
    kept.push(commits)
    // A prefix of what was written: nothing between is missing.
    expect(new Set(rows.map(({ step_name }) => String(step_name)))).toEqual(
      new Set(Array.from({ length: commits }, (_none, index) => [`b${index}-0`, `b${index}-1`]).flat()),
    )
    const copies = readdirSync(dirname(path)).filter((name) => name.includes('before-repair'))
    expect(copies.map((name) => name.split('.before')[0]).sort()).toEqual([
      'logs.duckdb',
      'logs.duckdb.mark',
      'logs.duckdb.wal',
    ])
    expect(checks.find(({ name }) => name === 'mark')?.detail).toContain(`${13 - commits} commits`)
    await storage.close()
  }
  expect(kept).toEqual([...kept].sort((left, right) => left - right))
  expect(Math.max(...kept)).toBeGreaterThanOrEqual(11)
  expect(new Set(kept).size).toBeGreaterThan(5)
})

test('a file that no repair can fix is not changed, and no copies are made', async () => {
  const path = freshPath()
  await leaveLog(path, { inFile: 1, inLog: 1 })
  const bytes = readFileSync(path)
  bytes[4100] = (bytes[4100] ?? 0) ^ 255
  writeFileSync(path, bytes)
  const before = filesNextTo(path)
  const { storage } = await openLogs(path)
  const { healthy, checks } = await storage.repair()
  expect(healthy).toBe(false)
  expect(checks.find(({ name }) => name === 'opens')).toMatchObject({
    status: 'problem',
    suggestion: expect.stringContaining('from a copy'),
  })
  expect(filesNextTo(path)).toEqual(before)
  await storage.close()
})

test('a deep look reads every block, and names the rows and columns that cannot be read', async () => {
  const { path, storage, table } = await openLogs()
  await table.append(manyRows(150_000), { batchId: 'a' })
  await table.optimize()
  expect(statusOf(await storage.doctor({ deep: true }), 'data')).toBe('ok')
  await storage.close()
  const { size } = statSync(path)
  const blocks = Math.floor((size - 12_288) / 262_144)
  let found = 0
  for (let block = 0; block < blocks; block++) {
    const bytes = readFileSync(path)
    const at = 12_288 + block * 262_144 + 1000
    bytes[at] = (bytes[at] ?? 0) ^ 255
    const damaged = freshPath()
    writeFileSync(damaged, bytes)
    const again = duckdbStorage({ path: damaged })
    const shallow = await again.doctor()
    const deep = await again.doctor({ deep: true })
    const repaired = await again.repair({ deep: true })
    if (statusOf(deep, 'data') === 'problem') {
      found++
      expect(deep.checks.find(({ name }) => name === 'data')?.detail).toMatch(
        /analytics\.logs: rows \d+-\d+.* of column \w+/,
      )
      expect(statusOf(repaired, 'data')).toBe('problem')
      expect(shallow.healthy || statusOf(shallow, 'opens') === 'ok').toBe(true)
    }
    await again.close()
  }
  expect(found).toBeGreaterThan(0)
  expect(existsSync(path)).toBe(true)
})
