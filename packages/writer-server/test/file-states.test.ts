// @module-tag processes
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tableSource } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeAll, expect, test } from 'vitest'
import { createServerHandler } from '../src/index.ts'
import { ensureBuilt, writeInProcess } from './children/writer-process.ts'

const PACKAGE = fileURLToPath(new URL('..', import.meta.url))
const HOLD_FILE = fileURLToPath(new URL('children/hold-file.mjs', import.meta.url))

beforeAll(ensureBuilt)

/** Opens a server over a file that other processes own. */
function openServer(path: string) {
  const storage = duckdbStorage({ path, readOnly: true, lockTimeoutMs: 3000 })
  const config = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
  const handler = createServerHandler(tableSource({ storage, config }), { pollMs: 50 })
  const get = (at: string) =>
    handler.fetch(
      new Request(`http://localhost${at}`, { headers: { accept: 'text/html', 'cache-control': 'no-cache' } }),
    )
  return {
    get,
    async page(at = '/') {
      const response = await get(at)
      return { status: response.status, text: await response.text() }
    },
    async [Symbol.asyncDispose]() {
      handler.close()
      await storage.close()
    },
  }
}

async function write(path: string, prefix: string): Promise<void> {
  expect(await writeInProcess({ path, prefix })).toEqual({ code: 0, errors: '' })
}

test('a file that appears, is replaced by another, vanishes and comes back is shown as it is', async () => {
  const path = join(newFolder(), 'logs.duckdb')
  const other = join(newFolder(), 'other.duckdb')
  await using server = openServer(path)
  expect(await server.page()).toMatchObject({ status: 200, text: expect.stringContaining('does not exist yet') })
  await write(path, 'early')
  expect((await server.page()).text).toContain('href="/p/early"')
  await write(other, 'later')
  await rename(other, path)
  const replaced = await server.page()
  expect([replaced.text.includes('href="/p/later"'), replaced.text.includes('href="/p/early"')]).toEqual([true, false])
  await rm(path)
  const gone = await server.page()
  expect(gone.text.includes('href="/p/later"')).toBe(false)
  await write(path, 'again')
  expect((await server.page()).text).toContain('href="/p/again"')
})

test('a file that is not a database is a page with the reason, until it is one', async () => {
  const path = join(newFolder(), 'logs.duckdb')
  await writeFile(path, 'not a database '.repeat(1000))
  await using server = openServer(path)
  for (const at of ['/', '/runs', '/p/orders']) {
    const { status, text } = await server.page(at)
    expect([at, status]).toEqual([at, 503])
    expect(text).toContain('id="failed"')
    expect(text).toContain('logs.duckdb')
    expect(text.slice(text.indexOf('id="failed"'), text.indexOf('</main>'))).not.toMatch(/\n\s+at |node:internal/)
  }
  const health = await server.get('/healthz')
  expect([health.status, await health.json()]).toMatchObject([503, { code: 'TABLE' }])
  await rm(path)
  await write(path, 'good')
  expect(await server.page()).toMatchObject({ status: 200, text: expect.stringContaining('href="/p/good"') })
})

test('a file that another program holds is a page that says so, until it lets go', async () => {
  const path = join(newFolder(), 'logs.duckdb')
  await write(path, 'orders')
  await using server = openServer(path)
  expect((await server.page()).status).toBe(200)
  const holder = spawn(process.execPath, [HOLD_FILE, path], { stdio: ['pipe', 'pipe', 'inherit'], cwd: PACKAGE })
  await once(holder.stdout, 'data')
  const held = await server.get('/api/v1/runs?limit=7')
  expect([held.status, held.headers.get('retry-after'), await held.json()]).toMatchObject([
    503,
    '1',
    { code: 'CONCURRENCY' },
  ])
  const page = await server.page('/runs?limit=7')
  expect([page.status, page.text.includes('id="failed"')]).toEqual([503, true])
  const closed = once(holder, 'close')
  holder.stdin.end()
  await closed
  expect((await server.page('/runs?q=orders')).status).toBe(200)
})
