// @module-tag processes
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { APPEND_BATCHES, acknowledgedIds, appendArguments, ensureBuilt, runChild } from './children/built.ts'
import { allRows, freshPath, LOGS, manyRows } from './log-rows.ts'

ensureBuilt()

async function rowsByBatch(path: string): Promise<Map<string, number>> {
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS)
  const groups = await table.aggregate({
    groupBy: [{ as: 'id', by: { kind: 'column', name: 'run_id' } }],
    measures: [{ as: 'rows', fn: 'count' }],
  })
  const { checks } = await storage.doctor()
  await storage.close()
  expect(checks.filter(({ status }) => status === 'problem')).toEqual([])
  return new Map(groups.map(({ id, rows }) => [String(id), Number(rows)]))
}

test('sixty killed writers lose no acknowledged batch and leave no part of one', { tags: 'endurance' }, async () => {
  const path = freshPath()
  const acknowledged = `${path}.ids`
  const rows = 700
  for (let round = 0; round < 60; round++) {
    // Every sixth dies before its first batch, somewhere between start and opening; the others after some batches, at odd moments of the next.
    const after = round % 6
    const kill = { acknowledged, after, delayMs: after === 0 ? (round * 13) % 400 : (round * 7) % 23 }
    const job = appendArguments({ path, acknowledged, prefix: `k${round}`, batches: 1000, rows })
    expect((await runChild([APPEND_BATCHES, ...job], { kill })).code).toBeNull()
  }
  const stored = await rowsByBatch(path)
  const ids = acknowledgedIds(acknowledged)
  expect(ids.length).toBeGreaterThanOrEqual(150)
  expect(ids.filter((id) => stored.get(id) !== rows)).toEqual([])
  expect([...stored].filter(([, count]) => count !== rows)).toEqual([])
})

test('a batch that was committed by a killed process is not written again', async () => {
  const path = freshPath()
  const job = { path, acknowledged: `${path}.ids`, prefix: 'once', batches: 3, rows: 2 }
  await runChild([APPEND_BATCHES, ...appendArguments(job)])
  await runChild([APPEND_BATCHES, ...appendArguments(job)])
  expect([...(await rowsByBatch(path)).values()]).toEqual([2, 2, 2])
})

/** A database whose last commits are only in the write-ahead log, as a killed process leaves it. */
async function withLog(path: string): Promise<void> {
  const source = `${path}.source`
  const storage = duckdbStorage({ path: source, idleMs: 60_000 })
  const table = await storage.openTable(LOGS)
  await table.append(manyRows(5), { batchId: 'in-file' })
  await table.append(manyRows(7, 'log'), { batchId: 'in-log' })
  // A child copies, since reading the file here would drop the engine's lock.
  for (const end of ['', '.wal', '.mark']) spawnSync('cp', [`${source}${end}`, `${path}${end}`])
  await storage.close()
}

test('a log that lost its tail is noticed, refuses writes, and is accepted by repair, which keeps copies', async () => {
  const path = freshPath()
  await withLog(path)
  truncateSync(`${path}.wal`, statSync(`${path}.wal`).size - 40)
  const storage = duckdbStorage({ path })
  const table = await storage.openTable(LOGS)
  expect((await storage.doctor()).checks).toContainEqual(
    expect.objectContaining({
      name: 'commits',
      status: 'problem',
      detail: expect.stringContaining('1 commits with 7 rows'),
    }),
  )
  await expect(table.append(manyRows(1), { batchId: 'x' })).rejects.toMatchObject({ code: 'TABLE', committed: 'no' })
  expect(await allRows(table)).toHaveLength(5)
  const report = await storage.repair()
  expect(report.healthy).toBe(true)
  expect(report.checks.map(({ name, status }) => `${name} ${status}`)).toContain('mark repaired')
  expect(readdirSync(dirname(path)).filter((name) => name.includes('before-repair'))).not.toEqual([])
  await table.append(manyRows(1), { batchId: 'x' })
  await storage.close()
})

test('a log that is missing is noticed', async () => {
  const path = freshPath()
  await withLog(path)
  rmSync(`${path}.wal`)
  const storage = duckdbStorage({ path })
  expect((await storage.doctor()).healthy).toBe(false)
  await storage.close()
})

test('a log that is whole is read back', async () => {
  const path = freshPath()
  await withLog(path)
  expect((await rowsByBatch(path)).get('run-1')).toBe(12)
})

test('unfinished files of killed processes are reported and removed', async () => {
  const path = freshPath()
  writeFileSync(join(dirname(path), `.logs.duckdb.x.tmp`), 'half')
  const storage = duckdbStorage({ path })
  expect((await storage.doctor()).checks).toContainEqual(
    expect.objectContaining({ name: 'leftovers', status: 'warning' }),
  )
  expect((await storage.repair()).healthy).toBe(true)
  expect(readdirSync(dirname(path)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  await storage.close()
})

const canMount = process.platform === 'linux' && process.getuid?.() === 0

test.skipIf(!canMount)(
  'a full disk fails with nothing committed, and the storage goes on when there is space (skipped without root: mounts a tmpfs)',
  async (context) => {
    const folder = dirname(freshPath())
    const disk = join(folder, 'disk')
    mkdirSync(disk)
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=6m', 'tmpfs', disk]).status !== 0)
      return context.skip('mount is not allowed here')
    try {
      const storage = duckdbStorage({ path: join(disk, 'logs.duckdb') })
      const table = await storage.openTable(LOGS)
      const acknowledged: string[] = []
      const errors: unknown[] = []
      for (let index = 0; index < 60 && errors.length === 0; index++) {
        await table.append(manyRows(3000, `b${index}-`), { batchId: `b${index}` }).then(
          () => acknowledged.push(`b${index}`),
          (error) => errors.push(error),
        )
      }
      expect(errors).toMatchObject([{ code: 'TABLE', committed: 'no' }])
      expect(spawnSync('mount', ['-o', 'remount,size=64m', disk]).status).toBe(0)
      await table.append(manyRows(1, 'after'), { batchId: 'after' })
      expect((await table.info()).rowCount).toBe(acknowledged.length * 3000 + 1)
      await storage.close()
    } finally {
      spawnSync('umount', ['-l', disk])
    }
  },
)

const hasStrace = spawnSync('strace', ['-V']).status === 0

test.skipIf(!hasStrace)(
  'a write whose fsync of the log fails is not acknowledged, and acknowledged rows stay (skipped without strace)',
  async () => {
    const codes: (number | null)[] = []
    for (const when of [1, 2, 3, 5]) {
      const path = freshPath()
      const acknowledged = `${path}.ids`
      await runChild([APPEND_BATCHES, ...appendArguments({ path, acknowledged, prefix: 'first', batches: 1, rows: 2 })])
      const job = appendArguments({ path, acknowledged, prefix: `f${when}`, batches: 6, rows: 2 })
      const inject = [
        '-f',
        '-o',
        '/dev/null',
        '-P',
        `${path}.wal`,
        '-e',
        `inject=fsync,fdatasync:error=EIO:when=${when}`,
      ]
      codes.push((await runChild([...inject, process.execPath, APPEND_BATCHES, ...job], { command: 'strace' })).code)
      const stored = await rowsByBatch(path)
      expect(acknowledgedIds(acknowledged).filter((id) => stored.get(id) !== 2)).toEqual([])
      expect([...stored.values()].filter((rows) => rows !== 2)).toEqual([])
    }
    // An exit code of 1 is an append that failed: the faults were really there.
    expect(codes).toContain(1)
  },
)

test.skipIf(!hasStrace)(
  'after a failing fsync the same storage opens the file again and goes on (skipped without strace)',
  async () => {
    const path = freshPath()
    const acknowledged = `${path}.ids`
    const job = { path, acknowledged, batches: 1, rows: 2 }
    await runChild([APPEND_BATCHES, ...appendArguments({ ...job, prefix: 'first' })])
    const inject = ['-f', '-o', '/dev/null', '-P', `${path}.wal`, '-e', 'inject=fsync,fdatasync:error=EIO:when=2']
    const retrying = appendArguments({ ...job, prefix: 'retry', batches: 6, mode: 'retry' })
    const ended = await runChild([...inject, process.execPath, APPEND_BATCHES, ...retrying], { command: 'strace' })
    expect(ended.code).toBe(0)
    expect(ended.errors).toMatch(/^(TABLE (no|unknown)\n)+$/)
    const stored = await rowsByBatch(path)
    expect(acknowledgedIds(acknowledged)).toHaveLength(7)
    expect([...stored.values()]).toEqual([2, 2, 2, 2, 2, 2, 2])
  },
)
