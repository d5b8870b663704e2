// @module-tag processes
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { LONG_HOOK_MS } from '@forge/fixtures'
import { describePostgres } from '@forge/fixtures/postgres-tests'
import { startS3Server } from '@forge/fixtures/s3'
import { newFolder } from '@forge/writer-core/testing'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { bin, type Started } from './record-process.ts'
import { endServer, ingestRows, nextEvent, type ServeOptions, startServer } from './started-server.ts'

const s3 = await startS3Server()
const gateway = 'reason' in s3 ? undefined : s3
const started: Started[] = []
const ROW = {
  pipeline_id: 'orders',
  phase: 'gold',
  step_name: 'load',
  start_time: '2026-11-30T05:00:00Z',
  duration_secs: 2,
}

afterAll(() => gateway?.[Symbol.asyncDispose](), LONG_HOOK_MS)
afterEach(async () => {
  for (const each of started.splice(0)) await endServer(each)
})

/** Serves a log at an address, writes to it by other processes, and expects pages, the API, events and metrics to follow. */
async function serveAt(place: string, env: Record<string, string>): Promise<void> {
  const options: ServeOptions = { cwd: newFolder(), env }
  const server = await startServer(['--path', place], options)
  started.push(server)
  const { url, child, ended } = server
  const read = async (path: string) =>
    (await fetch(`${url}${path}`, { headers: { 'cache-control': 'no-cache' } })).text()
  expect(await read('')).toContain('does not exist yet')
  const write = async (runId: string, change: object = {}) => {
    const done = await ingestRows([{ ...ROW, run_id: runId, ...change }], ['--path', place], options)
    expect(done).toMatchObject({ code: 0, stderr: '' })
  }
  await write('r-1')
  const first = await nextEvent(`${url}events`, {})
  expect(first.data).toMatchObject({ rows: 1 })
  await write('r-2', { success: false, error_message: 'disk full' })
  const second = await nextEvent(`${url}events`, { 'last-event-id': first.id })
  expect(second).toMatchObject({ data: { rows: 2 } })
  expect(JSON.parse(await read('api/v1/runs'))).toMatchObject({ runs: { length: 2 } })
  for (const path of ['', 'runs', 'failures', 'quality', 'sla', 'about', 'p/orders', 'r/r-2', 's/orders/gold/load']) {
    const response = await fetch(`${url}${path}`, { headers: { 'cache-control': 'no-cache' } })
    expect({ path, status: response.status }).toEqual({ path, status: 200 })
  }
  expect(await read('failures')).toContain('disk full')
  expect(await read('metrics')).toMatch(/forge_writer_table_rows(?:\{[^}]*\})? 2\n/)
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ stderr: '' })
}

const needsBuild = existsSync(bin) ? '' : ' (needs a build)'

describe.skipIf(gateway === undefined || needsBuild !== '')(
  `forge-writer serve on S3${'reason' in s3 ? ` (skipped: ${s3.reason})` : needsBuild}`,
  () => {
    test('shows a log on S3, and what other processes write to it', async () => {
      await serveAt(`s3://${gateway?.bucket}/${randomUUID()}`, { ...gateway?.env })
    })
  },
)

describePostgres('forge-writer serve on PostgreSQL', (server) => {
  test.skipIf(needsBuild !== '')(
    `shows a log in PostgreSQL, and what other processes write to it${needsBuild}`,
    async () => {
      const database = server.newDatabase()
      try {
        await serveAt(database.url, {})
        for (const each of started.splice(0)) await endServer(each)
      } finally {
        database.drop()
      }
    },
  )
})
