// @module-tag processes
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { newFolder } from '@forge/writer-core/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { bin, type Started } from './record-process.ts'
import { runCli } from './run-cli.ts'
import { endServer, ingestRows, nextEvent, startServer } from './started-server.ts'

const isBuilt = existsSync(bin)
const TOKEN = 'a-token-of-a-test-0123456789'
const ROW = { run_id: 'r-1', pipeline_id: 'orders', phase: 'gold', step_name: 'load', duration_secs: 2, success: true }

let cwd = ''
const started: Started[] = []
beforeEach(() => {
  cwd = newFolder()
})
afterEach(async () => {
  for (const each of started.splice(0)) await endServer(each)
})

async function serve(argv: readonly string[] = [], env: Record<string, string> = {}) {
  const server = await startServer(argv, { cwd, env })
  started.push(server)
  return server
}

const ingest = (rows: readonly object[]) => ingestRows(rows, [], { cwd })

describe.skipIf(!isBuilt)(`forge-writer serve (${isBuilt ? 'built' : 'needs a build'})`, () => {
  test('serves a log that does not exist yet, lets other processes write, and shows what they wrote', async () => {
    const { url } = await serve()
    expect(await (await fetch(`${url}api/v1/table`)).json()).toMatchObject({ exists: false, rows: 0, version: -1 })
    for (let at = 1; at <= 3; at++) {
      expect(await ingest([{ ...ROW, run_id: `r-${at}` }])).toMatchObject({ code: 0, stderr: '' })
      const { runs } = (await (await fetch(`${url}api/v1/runs`)).json()) as { runs: { runId: string }[] }
      expect(runs.map(({ runId }) => runId)).toContain(`r-${at}`)
    }
    expect(await (await fetch(`${url}healthz`)).json()).toMatchObject({ status: 'ok' })
  })

  test('reports each write of another process as an event, also those during a lost connection', async () => {
    const { url } = await serve()
    expect((await ingest([ROW])).code).toBe(0)
    const first = await nextEvent(`${url}events`, {})
    expect(first.data).toEqual({ version: expect.any(Number), rows: 1 })
    expect((await ingest([{ ...ROW, run_id: 'r-2' }])).code).toBe(0)
    const second = await nextEvent(`${url}events`, { 'last-event-id': first.id })
    expect(second).toMatchObject({ data: { rows: 2 } })
    expect(second.id).not.toBe(first.id)
  })

  test('ends on Ctrl-C with a page open, and leaves nothing behind', async () => {
    const { url, child, ended } = await serve()
    const events = await fetch(`${url}events`)
    const beganAt = performance.now()
    child.kill('SIGINT')
    const { code, stderr } = await ended
    expect({ code, stderr }).toEqual({ code: 130, stderr: '' })
    await expect(events.text()).resolves.toBeDefined()
    expect(performance.now() - beganAt).toBeLessThan(30_000)
    expect(existsSync(join(cwd, 'logs.duckdb'))).toBe(false)
  })

  test('ends on SIGTERM within a second, however many pages are open', async () => {
    const server = await serve()
    expect((await ingest([ROW])).code).toBe(0)
    const streams = await Promise.all(
      Array.from({ length: 20 }, () => fetch(`${server.url}events`, { headers: { accept: 'text/event-stream' } })),
    )
    const texts = streams.map((stream) => stream.text())
    const beganAt = performance.now()
    server.child.kill('SIGTERM')
    const { code, stderr } = await server.ended
    const tookMs = performance.now() - beganAt
    expect({ code, stderr }).toEqual({ code: 143, stderr: '' })
    // A busy machine also took long to start it.
    expect(tookMs).toBeLessThan(Math.max(1000, server.startMs))
    for (const text of await Promise.all(texts)) expect(text).toContain('retry:')
  })

  test('admits who has the token of the file or of the variable, and prints it nowhere', async () => {
    await writeFile(join(cwd, 'token'), `${TOKEN}\n`)
    for (const [argv, env] of [
      [['--token-file', 'token'], {}],
      [[], { FORGE_SERVE_TOKEN: TOKEN }],
    ] as const) {
      const { url, child, ended } = await serve(argv, env)
      expect((await fetch(`${url}api/v1/table`)).status).toBe(401)
      expect((await fetch(`${url}?token=wrong`)).status).toBe(401)
      const authorization = `Bearer ${TOKEN}`
      expect((await fetch(`${url}api/v1/table`, { headers: { authorization } })).status).toBe(200)
      child.kill('SIGTERM')
      const { stdout, stderr } = await ended
      expect(`${stdout}${stderr}`).not.toContain(TOKEN)
    }
  })
})

test.each([
  [['--host', '0.0.0.0'], 2],
  [['--host', '192.0.2.1'], 2],
  [['--allow-host', 'ops.example'], 2],
  [['--token-file', 'missing'], 2],
  [['--port', '70000'], 2],
  [['--time-zone', 'Mars/Base'], 2],
  [['--base-path', 'runs'], 2],
])('serve %j is refused before it listens', async (argv, code) => {
  expect(await runCli(['serve', '--port', '0', ...argv], { cwd })).toMatchObject({ code, stdout: '' })
})

test('a port that is in use is an error that names it', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise((done) => other.once('listening', done))
  const { port } = other.address() as AddressInfo
  const { code, stdout, stderr } = await runCli(['serve', '--port', String(port)], { cwd })
  other.close()
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(String(port))
})
