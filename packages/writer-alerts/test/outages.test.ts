// @module-tag many-calls
import { join } from 'node:path'
import { alertHook } from '@forge/writer-alerts'
import {
  type AlertSettings,
  createLogWriter,
  type LogRowInput,
  memoryStorage,
  type StorageBackend,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { deltaStorage } from '@forge/writer-storage-delta'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { describe, expect, test } from 'vitest'
import { fitsGlob } from '../src/glob.ts'
import { type Receiver, receiver } from './http-receiver.ts'

const START_MS = Date.UTC(2024, 0, 15, 6)

/** Runs an hour apart, ten minutes long. */
function run(hour: number, change: LogRowInput = {}): LogRowInput {
  const start = new Date(START_MS + hour * 3_600_000)
  return {
    run_id: `run-${hour}`,
    pipeline_id: 'orders',
    phase: 'gold',
    step_name: 'load',
    start_time: start,
    end_time: new Date(start.getTime() + 600_000),
    duration_secs: 600,
    ...change,
  }
}

async function openWriter(alerts: AlertSettings[], storage: StorageBackend = memoryStorage(), config: object = {}) {
  const clock = { ms: START_MS }
  const now = () => new Date(clock.ms)
  const hook = alertHook({ now, random: () => 0 })
  const writer = await createLogWriter({
    storage,
    config: { tableSchema: 'analytics', tableName: 'log', alerts, ...config },
    hooks: [hook],
    now,
  })
  const write = async (...rows: readonly LogRowInput[]) => {
    const last = rows.at(-1)?.end_time
    if (last instanceof Date) clock.ms = Math.max(clock.ms, last.getTime() + 1000)
    await writer.writeLogRows(rows)
    await hook.deliver()
  }
  return { writer, write, hook, clock }
}

interface SentAlert {
  readonly kind: string
  readonly title: string
  readonly text: string
  readonly pipeline: string
  readonly link?: string
  readonly runId: string
  readonly outage?: object
}
const sent = (server: Receiver) =>
  server.received.flatMap(({ body }) => (JSON.parse(body) as { alerts: SentAlert[] }).alerts)
const words = (server: Receiver) => sent(server).map(({ kind, runId }) => `${kind} ${runId}`)
const failed = { success: false, error_message: 'no route to host' }

describe.each(['memory', 'duckdb', 'delta'])('on %s', (kind) => {
  test('the end of an outage is sent once, with its length and the number of failed runs, also by another process', {
    tags: 'many-calls',
  }, async () => {
    await using server = await receiver()
    const folder = newFolder()
    const shared = memoryStorage()
    const storage = () =>
      kind === 'memory'
        ? { ...shared, close: async () => {} }
        : kind === 'duckdb'
          ? duckdbStorage({ path: join(folder, 'log') })
          : deltaStorage({ path: join(folder, 'log') })
    const alerts: AlertSettings[] = [{ kind: 'webhook', to: server.url }]
    const first = await openWriter(alerts, storage())
    await first.write(run(0))
    await first.write(run(1, failed))
    await first.write(run(2, failed))
    await first.writer.close()
    const second = await openWriter(alerts, storage())
    await second.write(run(3, { pipeline_id: 'other' }))
    await second.write(run(4))
    await second.write(run(5))
    await second.writer.close()
    expect(words(server)).toEqual(['failure run-1', 'failure run-2', 'recovered run-4'])
    expect(sent(server)[2]).toMatchObject({
      title: 'recovered: orders',
      outage: { failedRuns: 2, durationMs: 3 * 3_600_000 },
      text: expect.stringContaining('3 h 0 min'),
    })
  })
})

test('what an earlier process left behind is sent by the next one, though that has nothing to alert', async () => {
  await using server = await receiver()
  const storage = { ...memoryStorage(), close: async () => {} }
  server.behaviour = 503
  const first = await openWriter([{ kind: 'webhook', to: server.url }], storage)
  await first.write(run(0, failed))
  await first.writer.close()
  server.behaviour = 200
  server.received.length = 0
  const second = await openWriter([{ kind: 'webhook', to: server.url }], storage)
  second.clock.ms += 3_600_000
  await second.writer.writeLogRows([run(1, { pipeline_id: 'other' })])
  await second.writer.close()
  expect(words(server)).toEqual(['failure run-0'])
})

test('with after the alert comes once the runs in a row have failed, then once until the end', async () => {
  await using server = await receiver()
  const { write, writer } = await openWriter([{ kind: 'webhook', to: server.url, after: 3 }])
  await write(run(0, failed))
  await write(run(1, failed))
  await write(run(2))
  await write(run(3, failed))
  await write(run(4, failed))
  expect(words(server)).toEqual([])
  await write(run(5, failed))
  await write(run(6, failed))
  await write(run(7))
  await write(run(8, failed))
  expect(words(server)).toEqual(['failure run-5', 'recovered run-7'])
  expect(sent(server)[0]?.title).toBe('failed 3 times in a row: orders')
  expect(sent(server)[1]?.outage).toMatchObject({ failedRuns: 4 })
  await writer.close()
})

test('an outage lasts until what failed has succeeded, and the end goes to those who got its failures', async () => {
  await using all = await receiver()
  await using few = await receiver()
  await using deaf = await receiver()
  const { write, writer } = await openWriter([
    { kind: 'webhook', to: all.url },
    { kind: 'webhook', to: few.url, pipelines: ['oth*'] },
    { kind: 'webhook', to: deaf.url, on: ['failure'] },
  ])
  await write(run(0), run(0, { step_name: 'clean', ...failed }))
  await write(run(1))
  expect(words(all)).toEqual(['failure run-0'])
  await write(run(2), run(2, { step_name: 'clean' }))
  expect(words(all)).toEqual(['failure run-0', 'recovered run-2'])
  expect(words(few)).toEqual([])
  expect(words(deaf)).toEqual(['failure run-0'])
  await writer.close()
})

test('rows that are routed to a table for each pipeline have outages, too', async () => {
  await using server = await receiver()
  const { write, writer } = await openWriter([{ kind: 'webhook', to: server.url, after: 2 }], memoryStorage(), {
    tableSuffixPattern: '_{pipeline_id}',
  })
  await write(run(0, failed))
  await write(run(1, failed))
  await write(run(2))
  expect(words(server)).toEqual(['failure run-1', 'recovered run-2'])
  await writer.close()
})

test('an alert goes to the sinks of its pipeline, tags and owner, with the address of the run', async () => {
  await using server = await receiver()
  const to = (path: string) => `${server.url}/${path}`
  const { write, writer } = await openWriter([
    { kind: 'webhook', to: to('shop'), pipelines: ['shop_*', 'orders'] },
    { kind: 'webhook', to: to('tag'), tags: ['finance', 'daily'] },
    { kind: 'webhook', to: to('owner'), owners: ['data@example.org'] },
    {
      kind: 'webhook',
      to: to('link'),
      pipelines: ['*&*'],
      linkTemplate: 'https://runs.example.org/{pipeline_id}?run={run_id}&step={step_name}',
    },
  ])
  await write(run(0, { pipeline_id: 'shop_eu', ...failed }))
  await write(run(1, { pipeline_id: 'other', metadata: { tags: ['daily'], owner: 'data@example.org' } }))
  await write(run(2, { pipeline_id: 'other', ...failed }))
  await write(run(3, { pipeline_id: 'a&b/c', run_id: 'run 3?', ...failed }))
  const got = server.received.map(
    ({ path, body }) => `${path.slice(6)} ${(JSON.parse(body) as { alerts: SentAlert[] }).alerts[0]?.pipeline}`,
  )
  expect(got.toSorted()).toEqual(['link a&b/c', 'owner other', 'shop shop_eu', 'tag other'])
  expect(sent(server).find(({ pipeline }) => pipeline === 'a&b/c')?.link).toBe(
    'https://runs.example.org/a%26b%2Fc?run=run%203%3F&step=load',
  )
  await writer.close()
})

test('a run that was lost is an alert of its own kind', async () => {
  await using server = await receiver()
  const { write, writer } = await openWriter([{ kind: 'webhook', to: server.url, on: ['lost'] }])
  await write(run(0, failed))
  await write(run(1, { success: false, metadata: { status: 'lost' } }))
  expect(words(server)).toEqual(['lost run-1'])
  await writer.close()
})

test('a glob is matched in time in proportion to its length', () => {
  expect(fitsGlob('shop_*_eu', 'shop_orders_eu')).toBe(true)
  expect(fitsGlob('shop_*_eu', 'shop_orders_us')).toBe(false)
  expect(fitsGlob('?*', '')).toBe(false)
  expect(fitsGlob('**', '')).toBe(true)
  expect(fitsGlob('a.c', 'abc')).toBe(false)
  expect(fitsGlob('*a*a*a*a*a*b', 'a'.repeat(20_000))).toBe(false)
})
