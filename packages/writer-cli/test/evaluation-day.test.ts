// @module-tag processes
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { alertStation } from '@forge/writer-alerts'
import { type AlertSettings, createLogWriter, type LogRowInput, memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { evaluationPass } from '../src/watch/evaluation-pass.ts'

const DAY_MS = 86_400_000
/** A Monday. */
const TODAY_MS = Date.UTC(2024, 2, 4)

interface SentAlert {
  readonly id: string
  readonly kind: string
  readonly severity: string
  readonly title: string
  readonly pipeline: string
}

async function listen(now: () => Date) {
  const taken: (SentAlert & { readonly at: string })[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString('utf8')
    })
    request.on('end', () => {
      const at = now().toISOString().slice(11, 16)
      taken.push(...(JSON.parse(body) as { alerts: SentAlert[] }).alerts.map((alert) => ({ ...alert, at })))
      response.end()
    })
  }).listen(0, '127.0.0.1')
  // A connection that is closed while it idles would lose the next message: that is for other tests.
  server.keepAliveTimeout = 0
  await once(server, 'listening')
  return { taken, to: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server }
}

function run(pipeline_id: string, startMs: number, minutes: number, change: LogRowInput = {}): LogRowInput {
  return {
    pipeline_id,
    run_id: `${pipeline_id}-${new Date(startMs).toISOString()}`,
    phase: 'gold',
    step_name: 'load',
    start_time: new Date(startMs),
    end_time: new Date(startMs + minutes * 60_000),
    duration_secs: minutes * 60,
    rows_processed: 1000,
    ...change,
  }
}

/** What ends at which minute of the day: a pipeline that fails from two to six, one that is late, one that is too long, too short and overlaps. */
function plan(): Map<number, LogRowInput[]> {
  const rows = [
    ...Array.from({ length: 24 }, (_, hour) => {
      const fails = hour >= 2 && hour < 6
      return run('hourly', TODAY_MS + hour * 3_600_000, 10, fails ? { success: false, error_message: 'no route' } : {})
    }),
    run('nightly', TODAY_MS + 8.5 * 3_600_000, 30),
    run('batch', TODAY_MS + 10 * 3_600_000, 90),
    run('batch', TODAY_MS + 11 * 3_600_000, 10),
    run('batch', TODAY_MS + 14 * 3_600_000, 0.5),
    run('gone', TODAY_MS + 12 * 3_600_000, 0, { success: false, metadata: { status: 'lost' } }),
  ]
  const byMinute = new Map<number, LogRowInput[]>()
  for (const row of rows) {
    const end = row.end_time instanceof Date ? row.end_time.getTime() : TODAY_MS
    const minute = Math.ceil((end - TODAY_MS) / 60_000)
    byMinute.set(minute, [...(byMinute.get(minute) ?? []), row])
  }
  return byMinute
}

test('of a day each incident is sent once, its end once, and in quiet hours only what is critical', async () => {
  const clock = { ms: TODAY_MS }
  const now = () => new Date(clock.ms)
  const server = await listen(now)
  const alerts: AlertSettings[] = [
    { kind: 'webhook', to: server.to, on: ['failure', 'sla', 'recovered'], after: 2, quietHours: '22:00-07:00' },
    { kind: 'webhook', to: `${server.to}/lost`, on: ['lost'] },
  ]
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: {
      tableSchema: 'analytics',
      tableName: 'log',
      serviceLevels: [
        { pipeline: 'nightly', startBy: '06:00', dueTime: '08:00' },
        { pipeline: 'batch', maxDurationSecs: 3600, minDurationSecs: 60, maxConcurrentRuns: 1 },
        { pipeline: 'hourly', minSuccessRatePercent: 98 },
      ],
    },
    now,
  })
  // A week in which all was well.
  await writer.writeLogRows(
    Array.from({ length: 7 * 24 }, (_, hour) => run('hourly', TODAY_MS - (hour + 1) * 3_600_000, 10)),
  )
  await writer.writeLogRows(
    Array.from({ length: 7 }, (_, day) => run('nightly', TODAY_MS - day * DAY_MS - 20 * 3_600_000, 30)),
  )
  const work = plan()
  for (let minute = 0; minute < 1440; minute++) {
    clock.ms = TODAY_MS + minute * 60_000
    const rows = work.get(minute)
    if (rows) await writer.writeLogRows(rows)
    // From cron, every quarter of an hour, each time by a process of its own.
    if (minute % 15 !== 0) continue
    const station = alertStation(writer, alerts, { now, env: {}, random: () => 0 })
    await evaluationPass(writer, station, { since: new Date(clock.ms - DAY_MS), at: now() })
    await station.deliver()
    await station.close()
  }
  const told = server.taken.map(({ kind, title, at }) => `${at} ${kind}: ${title}`)
  expect(told.filter((line) => line < '07:00')).toEqual([])
  expect(new Set(server.taken.map(({ id }) => id)).size).toBe(server.taken.length)
  expect(told.toSorted()).toEqual([
    '07:00 failure: failed 2 times in a row: hourly',
    '07:00 recovered: recovered: hourly',
    '07:00 sla: error budget spent: hourly',
    '07:00 sla: late to start: nightly',
    '08:00 sla: late: nightly',
    '09:00 recovered: came late: nightly',
    '09:00 recovered: came late: nightly',
    '11:30 sla: overlap: batch',
    '11:30 sla: too long: batch',
    '12:00 lost: lost: gone (gold.load)',
    '14:15 sla: too short: batch',
  ])
  await writer.close()
  server.server.closeAllConnections()
  server.server.close()
})
