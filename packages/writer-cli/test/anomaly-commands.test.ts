// @module-tag many-calls
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { createLogWriter } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { watchAlerts } from '../src/watch/watch-alerts.ts'
import { type CliOptions, runCli } from './run-cli.ts'

const LAST_MS = Date.UTC(2026, 10, 30, 6)
const cwd = newFolder()

/** One run a day up to this morning; the last is slow, four days ago had no rows. */
function rows(): object[] {
  return Array.from({ length: 60 }, (_, index) => {
    const day = index - 59
    const start = new Date(LAST_MS + day * 86_400_000).toISOString()
    const processed = day === -4 ? 0 : 20_000 + ((index * 37) % 11) * 50
    return {
      run_id: `run-${index}`,
      pipeline_id: 'orders',
      phase: 'gold',
      step_name: 'daily_revenue',
      start_time: start,
      run_started_at: start,
      duration_secs: day === 0 ? 412 : 118 + ((index * 31) % 7),
      rows_processed: processed,
      rows_written: processed,
    }
  })
}

beforeAll(async () => {
  await writeFile(
    join(cwd, 'rows.ndjson'),
    rows()
      .map((row) => JSON.stringify(row))
      .join('\n'),
  )
  const { code, stderr } = await run(['ingest', 'rows.ndjson'])
  if (code !== 0) throw new Error(stderr)
})

const run = (argv: readonly string[], options: Partial<CliOptions> = {}) => runCli(argv, { cwd, ...options })

async function json(argv: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await run([...argv, '--json'])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('anomalies', () => {
  test('anomalies of the last week are a table with a line of history for each, and a critical one exits with 3', async () => {
    const { code, stdout } = await run(['anomalies'])
    expect(code).toBe(3)
    expect(stdout.replaceAll(/[0-9a-f]{24}/g, '<id>')).toMatchSnapshot()
  })

  test('as JSON have the keys of the record', async () => {
    const found = await json(['anomalies'])
    expect(found).toMatchObject({ schemaVersion: 1, anomalyCount: 2, rowsJudged: 7 })
    expect(found.anomalies).toMatchObject([
      { type: 'zero_rows', severity: 'critical', step: 'daily_revenue', value: 0 },
      { type: 'duration_spike', severity: 'error', value: 412, runId: 'run-59' },
    ])
  })

  test('since a time, of a pipeline, and with other limits of failure', async () => {
    expect(await json(['anomalies', '--since', '1d'])).toMatchObject({ anomalyCount: 1, rowsJudged: 1 })
    const other = await run(['anomalies', '--pipeline', 'other'])
    expect(other).toMatchObject({ code: 2, stderr: expect.stringMatching(/error CONFIGURATION.*other/) })
    expect((await run(['anomalies', '--since', '1d', '--fail-on', 'critical'])).code).toBe(0)
    expect((await run(['anomalies', '--fail-on', 'never'])).code).toBe(0)
    expect((await run(['anomalies', '--sensitivity', '9'])).code).toBe(2)
  })

  test('by the days of a zone: what is Monday in UTC is Sunday, a holiday, in Los Angeles', async () => {
    const day = ['anomalies', '--since', '1d', '--dry-run', '--holidays', '2026-11-29']
    expect(await json(day)).toMatchObject({ anomalyCount: 1 })
    expect(await json([...day, '--time-zone', 'America/Los_Angeles'])).toMatchObject({ anomalyCount: 0 })
    expect(await json(['backtest', '--holidays', '2026-11-29'])).toMatchObject({ alerts: 2 })
    const there = ['backtest', '--holidays', '2026-11-29', '--time-zone', 'America/Los_Angeles']
    expect(await json(there)).toMatchObject({ alerts: 1 })
    const { code, stderr } = await run(['anomalies', '--time-zone', 'Europe/Nowhere'])
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('--time-zone') })
  })

  test('are kept once, or not at all', async () => {
    await run(['anomalies'])
    const kept = ['query', '--table', 'pipeline_logs_anomalies', '--order', 'occurred_at', '-c', 'type']
    expect(await json(kept)).toMatchObject({ rows: [{ type: 'zero_rows' }, { type: 'duration_spike' }] })
    expect((await run(['anomalies', '--since', '400d', '--dry-run'])).code).toBe(3)
    expect(await json(kept)).toMatchObject({ rows: { length: 2 } })
  })

  test('of a log that does not exist are an error, and make no file', async () => {
    const { code, stderr } = await run(['anomalies', '--path', 'nothing.duckdb'])
    expect(code).toBe(1)
    expect(stderr).toContain('error TABLE')
  })
})

describe('backtest', () => {
  test('counts the alerts by detector', async () => {
    expect(await json(['backtest'])).toMatchObject({
      rows: 60,
      runs: 60,
      alerts: 2,
      sensitivity: 1,
      byDetector: [{ alerts: 1 }, { alerts: 1 }],
    })
    expect((await run(['backtest', '--days', '3'])).stdout).toMatchSnapshot()
  })

  test('chooses a sensitivity for a target', async () => {
    const tuned = await json(['backtest', '--target', '0.5'])
    expect((await run(['backtest', '--target', '0.5', '--sensitivity', '2'])).code).toBe(2)
    expect(tuned).toMatchObject({ keepsTarget: true })
    expect(tuned.alertsPerWeek).toBeLessThanOrEqual(0.5)
  })
})

describe('feedback', () => {
  test('on a finding silences it, and is listed', async () => {
    const { anomalies } = (await json(['anomalies', '--since', '1d'])) as { anomalies: { id: string }[] }
    const given = await json(['feedback', 'expected', anomalies[0]?.id ?? '', '--note', 'new hardware'])
    expect(given).toMatchObject({ feedback: { kind: 'expected', pipeline: 'orders', type: 'duration_spike' } })
    expect(await json(['anomalies', '--since', '1d'])).toMatchObject({ anomalyCount: 0 })
    expect(await json(['anomalies', '--since', '1d', '--all'])).toMatchObject({
      anomalies: [{ suppressedBy: expect.stringMatching(/^expected:/) }],
    })
    expect((await run(['feedback'])).stdout).toContain('new hardware')
  })

  test('on a time needs one that makes sense', async () => {
    const window = [
      'feedback',
      'maintenance',
      '--from',
      '2026-11-01',
      '--to',
      '2026-11-02T06:00',
      '--pipeline',
      'orders',
    ]
    expect(await json(window)).toMatchObject({ feedback: { kind: 'maintenance', anomalyId: null } })
    expect((await run(['feedback', 'maintenance'])).code).toBe(2)
    expect((await run(['feedback', 'wrong', 'x'])).code).toBe(2)
    expect((await run(['feedback', 'expected', 'no-such-finding'])).code).toBe(2)
  })
})

test('a watch reports new anomalies and failures, each once', async () => {
  const bodies: string[] = []
  const server = createServer((request, response) => {
    text(request).then((body) => {
      bodies.push(body)
      response.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const now = () => new Date(LAST_MS + 3_600_000)
  const config = { tableSchema: 'analytics', tableName: 'watched' }
  const writer = await createLogWriter({ storage: duckdbStorage({ path: join(cwd, 'watched.duckdb') }), config, now })
  await writer.writeLogRows(rows() as Parameters<typeof writer.writeLogRows>[0])
  await writer.writeLogRows([{ run_id: 'broken', pipeline_id: 'other', phase: 'gold', step_name: 'a', success: false }])
  const watch = watchAlerts(writer, { settings: [{ kind: 'webhook', to }], env: {}, now })
  expect(await watch.check()).toBe(2)
  await watch.checkWhenDue(true)
  await watch.check()
  const kinds = () =>
    bodies.flatMap((body) => (JSON.parse(body) as { alerts: { kind: string }[] }).alerts.map(({ kind }) => kind))
  // They are sent in the background.
  await vi.waitFor(() => expect(kinds().sort()).toEqual(['anomaly', 'failure']), { timeout: 10_000 })
  await watch.close()
  await writer.close()
  server.close()
})

test('watch --alerts requires the setting alerts', async () => {
  const { code, stderr } = await run(['watch', '--alerts', '--count', '1'])
  expect(code).toBe(2)
  expect(stderr).toContain('alerts')
  expect((await run(['watch', '--time-zone', 'Europe/Nowhere', '--count', '1'])).code).toBe(2)
})

describe('anomalies --explain', () => {
  test('says what a kept finding means, how it was decided, and how to say that it was wrong', async () => {
    const { anomalies } = (await json(['anomalies', '--all'])) as { anomalies: { id: string; type: string }[] }
    const spike = anomalies.find(({ type }) => type === 'duration_spike')
    const { code, stdout } = await run(['anomalies', '--explain', spike?.id ?? ''])
    expect(code).toBe(0)
    expect(stdout).toContain('412')
    expect(stdout).toContain(`feedback expected ${spike?.id}`)
    const told = await json(['anomalies', '--explain', spike?.id ?? ''])
    expect(told).toMatchObject({ anomaly: { id: spike?.id, value: 412 }, explanation: { answers: [{}, {}] } })
  })

  test('of an id that no finding has is an error of usage', async () => {
    expect((await run(['anomalies', '--explain', 'nothing'])).code).toBe(2)
  })
})
