// @module-tag processes
import { connect } from 'node:net'
import { simulatedLog } from '@forge/fixtures'
import { expect, test } from 'vitest'
import { checkServerOptions } from '../src/context/server-options.ts'
import { serve } from '../src/index.ts'
import { ensureBuilt, writeInProcess } from './children/writer-process.ts'
import { openDashboard } from './dashboard.ts'
import { eventsOf, nextOf, type ServerEvent } from './events.ts'

const ROW = { pipeline_id: 'p', phase: 'gold', step_name: 's', success: true } as const
const rowsOf = ({ data }: ServerEvent) => (data as { rows: number }).rows

test('a hundred pages follow the log, hear of a write, and make room when they are closed', async () => {
  await using dashboard = await openDashboard({ storage: 'duckdb' })
  await dashboard.write([{ ...ROW, run_id: '0' }])
  await using server = await serve(dashboard.writer, { port: 0, pollMs: 50, maxStreams: 100 })
  for (const round of [1, 2]) {
    const pages = []
    while (pages.length < 100) {
      const response = await fetch(`${server.url}events`)
      // The pages of the round before are gone as soon as the server knows it.
      if (response.status === 200) pages.push(eventsOf(response))
      else await response.body?.cancel()
    }
    const refused = await fetch(`${server.url}events`)
    expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'BUSY' }])
    for (const page of pages) expect(rowsOf(await nextOf(page))).toBe(round)
    await dashboard.write([{ ...ROW, run_id: String(round) }])
    // An upkeep of the file after the write may be a state of its own, with the same rows.
    for (const page of pages) while (rowsOf(await nextOf(page)) <= round);
    await Promise.all(pages.map((page) => page.return(undefined)))
  }
})

test('a page that reads slowly gets the newest state, and nothing is kept for it', async () => {
  await using dashboard = await openDashboard({ pollMs: 50 })
  const slow = await dashboard.get('/events')
  const fast = eventsOf(await dashboard.get('/events'))
  await nextOf(fast)
  const writes = 30
  for (let at = 1; at <= writes; at++) {
    await dashboard.write([{ ...ROW, run_id: String(at) }])
    while (rowsOf(await nextOf(fast)) < at);
  }
  await fast.return(undefined)
  const seen: number[] = []
  const events = eventsOf(slow)
  do seen.push(rowsOf(await nextOf(events)))
  while (seen.at(-1) !== writes)
  await events.return(undefined)
  expect(seen.length).toBeLessThan(12)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
})

test('a client that opens a stream and never reads it keeps nobody waiting, and the server ends', async () => {
  await using dashboard = await openDashboard()
  await dashboard.write(simulatedLog({ pipelines: 2, days: 2 }))
  const server = await serve(dashboard.writer, { port: 0, pollMs: 50 })
  const socket = connect(server.port, '127.0.0.1').pause()
  socket.on('error', () => {})
  socket.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`)
  expect((await fetch(server.url)).status).toBe(200)
  const closed = new Promise((done) => socket.once('close', done))
  await server.close()
  socket.resume()
  await closed
})

test('what an event reports can be read at once, and the log is looked at at least twice a second', async () => {
  ensureBuilt()
  expect(checkServerOptions({}).pollMs).toBeLessThanOrEqual(500)
  await using dashboard = await openDashboard({ storage: 'duckdb', pollMs: 50 })
  await dashboard.write([{ ...ROW, run_id: 'first' }])
  const events = eventsOf(await dashboard.get('/events'))
  const writing = writeInProcess({ path: dashboard.path, prefix: 'elsewhere', runs: 5 })
  let rows = 0
  // Each run of the other process has two rows.
  while (rows < 11) {
    rows = rowsOf(await nextOf(events))
    const { runs } = (await dashboard.json('/runs?limit=100')) as { runs: unknown[] }
    expect(runs.length).toBeGreaterThanOrEqual(1 + (rows - 1) / 2)
  }
  expect(await writing).toEqual({ code: 0, errors: '' })
  await events.return(undefined)
})
