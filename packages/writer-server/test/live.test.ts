// @module-tag processes
import { setTimeout as sleep } from 'node:timers/promises'
import { simulatedLog } from '@forge/fixtures'
import { batchFromRows } from '@forge/writer-core'
import type { RunningWork } from '@forge/writer-report/pages'
import { expect, test } from 'vitest'
import { createServerHandler, serve } from '../src/index.ts'
import { runSql } from './children/run-sql.ts'
import { ensureBuilt, writeInProcess } from './children/writer-process.ts'
import { type Dashboard, openDashboard, STORAGES } from './dashboard.ts'
import { eventsOf, nextOf } from './events.ts'

ensureBuilt()

const ROW = { pipeline_id: 'p', phase: 'gold' as const, step_name: 's', success: true }

test.each(STORAGES)(
  'on %s, each version is an event, and a reader that comes back gets what it missed',
  async (storage) => {
    await using dashboard = await openDashboard({ storage, pollMs: 50 })
    const response = await dashboard.get('/events')
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    const events = eventsOf(response)
    const first = await nextOf(events)
    expect(first).toMatchObject({ event: 'version', data: { version: -1, rows: 0 } })
    await dashboard.write([{ ...ROW, run_id: '1' }])
    const second = await nextOf(events)
    expect(second).toMatchObject({ event: 'version', data: { rows: 1 } })
    await events.return(undefined)
    await dashboard.write([{ ...ROW, run_id: '2' }])
    const again = eventsOf(await dashboard.get('/events', { 'last-event-id': second.id ?? '' }))
    expect(await nextOf(again)).toMatchObject({ event: 'version', data: { rows: 2 } })
    await again.return(undefined)
  },
)

test('a reader that knows the current version hears of the next one only', async () => {
  await using dashboard = await openDashboard({ pollMs: 50 })
  await dashboard.write([{ ...ROW, run_id: '1' }])
  const { stateId } = (await dashboard.json('/table')) as { stateId: string }
  const events = eventsOf(await dashboard.get(`/events?since=${stateId}`))
  const next = nextOf(events)
  await dashboard.write([{ ...ROW, run_id: '2' }])
  expect(await next).toMatchObject({ data: { rows: 2 } })
  await events.return(undefined)
})

test('anomalies that are stored later are a new state, too', async () => {
  await using dashboard = await openDashboard({ storage: 'memory', pollMs: 50 })
  await dashboard.write(simulatedLog({ pipelines: 1, days: 3 }))
  const { detectAnomalies, saveAnomalies } = await import('@forge/writer-anomaly')
  const before = (await dashboard.json('/table')) as { stateId: string }
  await dashboard.write(
    Array.from({ length: 40 }, (_none, at) => ({
      ...ROW,
      run_id: `a-${at}`,
      start_time: new Date(Date.UTC(2026, 0, 1 + at)),
      end_time: new Date(Date.UTC(2026, 0, 1 + at, 0, at === 39 ? 50 : 1)),
      duration_secs: at === 39 ? 3000 : 60 + (at % 3),
    })),
  )
  const { anomalies } = await detectAnomalies(dashboard.writer)
  expect(anomalies.length).toBeGreaterThan(0)
  await saveAnomalies(dashboard.writer, anomalies)
  const after = (await dashboard.json('/table')) as { stateId: string }
  expect(after.stateId).not.toBe(before.stateId)
  const listed = (await dashboard.json('/anomalies?days=3650')) as { anomalies: { id: string }[] }
  expect(new Set(listed.anomalies.map(({ id }) => id))).toEqual(new Set(anomalies.map(({ id }) => id)))
})

test('what starts, dies or ends is a new state without a write, and shows on the next page', async () => {
  const work = {
    runId: 'now',
    pipelineId: 'nightly',
    step: null,
    startedAt: '2026-03-02T11:00:00.000Z',
    seenAt: '2026-03-02T11:59:00.000Z',
    host: 'worker',
    command: 'make all',
  }
  let running: RunningWork[] = []
  await using dashboard = await openDashboard({ pollMs: 50, readRunning: () => running })
  await dashboard.write([{ ...ROW, run_id: '1' }])
  const events = eventsOf(await dashboard.get('/events'))
  const ids = [(await nextOf(events)).id]
  const panel = async () =>
    (await (await dashboard.get('/', { 'cache-control': 'no-cache' })).text()).match(
      /<table[^>]*><caption[^>]*>Runs and steps that have started.*?<\/table>/s,
    )?.[0]
  expect(await panel()).toBeUndefined()
  for (const state of ['running', 'lost'] as const) {
    running = [{ ...work, state }]
    const next = await nextOf(events)
    expect(next).toMatchObject({ event: 'version', data: { rows: 1 } })
    ids.push(next.id)
    expect(await panel()).toContain(state === 'lost' ? 'died' : 'running')
  }
  running = []
  ids.push((await nextOf(events)).id)
  expect(await panel()).toBeUndefined()
  expect([new Set(ids).size, ids[0]]).toEqual([3, ids[3]])
  await events.return(undefined)
})

test.each(
  STORAGES.flatMap((storage) =>
    ['quality', 'quarantine', 'anomaly_feedback'].map((suffix) => [storage, suffix] as const),
  ),
)('on %s, a write to the table of %s alone is a new state', async (storage, suffix) => {
  await using dashboard = await openDashboard({ storage, pollMs: 50 })
  await dashboard.write([{ ...ROW, run_id: '1' }])
  const events = eventsOf(await dashboard.get('/events'))
  const before = await nextOf(events)
  const columns = [{ name: 'id', type: 'string', nullable: true } as const]
  const table = await dashboard.writer.companion(suffix, columns)
  await table.append(batchFromRows(columns, [{ id: 'a' }]), { batchId: 'one' })
  const after = await nextOf(events)
  expect(after).toMatchObject({ event: 'version', data: before.data })
  expect(after.id).not.toBe(before.id)
  await events.return(undefined)
})

test('more streams than allowed are refused, and a stream that ends makes room', async () => {
  await using dashboard = await openDashboard({ maxStreams: 2, pollMs: 50 })
  const open = [await dashboard.get('/events'), await dashboard.get('/events')]
  const refused = await dashboard.get('/events')
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(await refused.json()).toMatchObject({ code: 'BUSY' })
  await open[0]?.body?.cancel()
  expect((await dashboard.get('/events')).status).toBe(200)
})

test('the end of the server ends its streams, and a listening server closes with one open', async () => {
  await using dashboard = await openDashboard()
  const server = await serve(dashboard.writer, { port: 0 })
  const response = await fetch(`${server.url}events`)
  const all = response.text()
  await server.close()
  await server.close()
  await expect(all).resolves.toContain('retry:')
  await expect(fetch(server.url)).rejects.toThrow()
})

test('other processes write between requests and while pages follow the log', async () => {
  await using dashboard = await openDashboard({ storage: 'duckdb', pollMs: 50 })
  await dashboard.write([{ ...ROW, run_id: 'first' }])
  const events = eventsOf(await dashboard.get('/events'))
  const writers = [0, 1].map((at) => writeInProcess({ path: dashboard.path, prefix: `w${at}`, runs: 10 }))
  let requests = 0
  let isOver = false
  const reading = (async () => {
    while (!isOver) {
      expect((await dashboard.get('/api/v1/runs')).status).toBe(200)
      requests++
    }
  })()
  expect(await Promise.all(writers)).toEqual([0, 1].map(() => ({ code: 0, errors: '' })))
  isOver = true
  await reading
  expect(requests).toBeGreaterThan(0)
  const { runs } = (await dashboard.json('/runs?limit=100')) as { runs: unknown[] }
  expect(runs).toHaveLength(21)
  let last: unknown
  do last = (await nextOf(events)).data
  while ((last as { rows: number }).rows < 41)
  await events.return(undefined)
})

test('nothing holds the file after a request: another engine opens it', async () => {
  await using dashboard = await openDashboard({ storage: 'duckdb' })
  await dashboard.write([{ ...ROW, run_id: 'first' }])
  expect((await dashboard.get('/')).status).toBe(200)
  const rows = await runSql(dashboard.path, 'select run_id from analytics.pipeline_logs')
  expect(rows).toEqual([{ run_id: 'first' }])
})

test('a table that cannot be read makes the health 503, and pages say why, until it can be read again', async () => {
  await using dashboard = await openDashboard({ storage: 'memory' })
  const failing = failingSource(dashboard)
  const handler = createServerHandler(failing.source)
  const get = (path: string, accept = '*/*') =>
    handler.fetch(new Request(`http://localhost${path}`, { headers: { accept } }))
  expect((await get('/healthz')).status).toBe(200)
  failing.isBroken = true
  for (const path of ['/healthz', '/metrics', '/api/v1/runs']) {
    const answer = await get(path)
    expect([path, answer.status]).toEqual([path, 503])
    expect(await answer.json()).toMatchObject({ code: 'TABLE' })
  }
  const page = await get('/', 'text/html')
  expect(page.status).toBe(503)
  expect(await page.text()).toContain('disk is gone')
  failing.isBroken = false
  expect((await get('/')).status).toBe(200)
})

test('an answer that takes too long is a problem, and is there when it is asked for again', async () => {
  await using dashboard = await openDashboard({ storage: 'memory' })
  await dashboard.write([{ ...ROW, run_id: 'first' }])
  let isSlow = true
  const { writer } = dashboard
  const source = {
    config: writer.config,
    storage: writer.storage,
    logger: writer.logger,
    companion: writer.companion.bind(writer),
    table: async () => {
      while (isSlow) await sleep(10)
      return writer.table()
    },
  }
  const handler = createServerHandler(source, { timeoutMs: 100 })
  const late = await handler.fetch(new Request('http://localhost/api/v1/runs'))
  expect([late.status, await late.json()]).toMatchObject([503, { code: 'TIMEOUT' }])
  isSlow = false
  await expect.poll(async () => (await handler.fetch(new Request('http://localhost/api/v1/runs'))).status).toBe(200)
})

function failingSource({ writer }: Dashboard) {
  // A storage that marks its changes would say that nothing has changed.
  const { changeMark: _mark, ...storage } = writer.storage
  const failing = {
    isBroken: false,
    source: {
      config: writer.config,
      storage,
      logger: writer.logger,
      companion: writer.companion.bind(writer),
      table: async () => {
        const { WriterTableError } = await import('@forge/writer-core')
        if (failing.isBroken) throw new WriterTableError('the disk is gone')
        return writer.table()
      },
    },
  }
  return failing
}
