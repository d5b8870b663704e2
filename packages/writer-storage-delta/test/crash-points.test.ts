// @module-tag processes
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { batchRows } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, test } from 'vitest'
import { deltaStorage } from '../src/index.ts'

const program = fileURLToPath(new URL('writer-process.mjs', import.meta.url))
const isBuilt = existsSync(fileURLToPath(new URL('../dist/index.js', import.meta.url)))
const hasStrace = spawnSync('strace', ['-qq', '-e', 'trace=none', 'true']).status === 0
const CALLS =
  process.env.FORGE_LONG_TESTS === '1'
    ? ['fsync', 'link', 'unlink', 'pwrite64', 'mkdir', 'rename', 'ftruncate']
    : ['fsync', 'link']
let path = ''

beforeEach(() => {
  path = newFolder()
})

/** Runs one append that is killed at its n-th system call of that name. Resolves with what it acknowledged, and if it reached that call. */
function appendDyingAt(call: string, at: number, worker: string) {
  const { stdout, stderr, signal, status } = spawnSync(
    'strace',
    ['-f', '-qq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', `inject=${call}:signal=KILL:when=${at}`].concat([
      process.execPath,
      program,
      path,
      'append',
      worker,
      '1',
    ]),
    { encoding: 'utf8', env: { ...process.env, UV_THREADPOOL_SIZE: '1' } },
  )
  const died = signal === 'SIGKILL' || status === 137
  if (!died && status !== 0) throw new Error(`the writer failed: ${stderr}`)
  return { died, acknowledged: stdout.trim() }
}

test.skipIf(!isBuilt || !hasStrace)(
  'whatever call a writer dies at, the table opens and keeps what was acknowledged (skipped if it is not built, or without strace)',
  async () => {
    const acknowledged: string[] = []
    let deaths = 0
    for (const call of CALLS) {
      for (let at = 1; ; at++) {
        const worker = `${call}-${at}`
        const run = appendDyingAt(call, at, worker)
        if (run.acknowledged !== '') acknowledged.push(run.acknowledged)
        if (run.died) deaths++
        const storage = deltaStorage({ path })
        const table = await storage.openTable({ schema: 'logs', name: 'runs' })
        const ids: string[] = []
        for await (const batch of table.scan()) for (const row of batchRows(batch)) ids.push(String(row.id))
        expect(new Set(ids).size).toBe(ids.length)
        expect(acknowledged.filter((id) => !ids.includes(id))).toEqual([])
        await storage.close()
        if (!run.died) break
      }
    }
    expect(deaths).toBeGreaterThan(4)
    const storage = deltaStorage({ path })
    const table = await storage.openTable({ schema: 'logs', name: 'runs' })
    await table.vacuum({ retentionHours: 0, allowShortRetention: true })
    const { files } = await table.info()
    expect(readdirSync(join(path, 'logs/runs')).filter((name) => name.endsWith('.parquet'))).toHaveLength(files)
    expect(readdirSync(join(path, 'logs/runs/_delta_log')).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await storage.close()
  },
)
