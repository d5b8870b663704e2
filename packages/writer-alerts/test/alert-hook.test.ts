import { join } from 'node:path'
import { type AlertHookOptions, alertHook } from '@forge/writer-alerts'
import { anomalyWatch } from '@forge/writer-anomaly'
import {
  type AlertSettings,
  batchRows,
  createLogWriter,
  type LogRowInput,
  memoryStorage,
  type StorageBackend,
  type WriteHook,
  WriterDataQualityError,
} from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { receiver } from './http-receiver.ts'

const row = (run: number, change: LogRowInput = {}): LogRowInput => {
  const start_time = new Date(Date.UTC(2024, 0, 1 + run, 6))
  return {
    run_id: `run-${run}`,
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: 'clean',
    start_time,
    run_started_at: start_time,
    duration_secs: 118 + (run % 5),
    ...change,
  }
}

async function open(
  alerts: AlertSettings[],
  {
    hooks = [],
    storage = memoryStorage(),
    ...options
  }: AlertHookOptions & { readonly hooks?: readonly WriteHook[]; readonly storage?: StorageBackend } = {},
) {
  const hook = alertHook({ random: () => 0, ...options })
  const writer = await createLogWriter({
    storage,
    config: { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: true, alerts },
    hooks: [anomalyWatch(), ...hooks, hook],
  })
  const states = async () => {
    const found: unknown[] = []
    const table = await writer.table({ table: 'log_alerts' })
    for await (const batch of table.scan()) for (const { state } of batchRows(batch)) found.push(state)
    return found
  }
  return { writer, hook, states }
}

test('a failed run is one alert for all its steps, with the first error; one that was retried with success is not', async () => {
  await using server = await receiver()
  const { writer, hook } = await open([{ kind: 'webhook', to: server.url }])
  const failed = { success: false, error_message: 'no route to host' }
  await writer.writeLogRows([
    row(1, failed),
    row(1, { step_name: 'load', phase: 'gold', ...failed }),
    row(1, { step_name: 'orders', phase: 'pipeline', ...failed }),
    row(2, { ...failed, execution_id: '2-1' }),
    row(2, { execution_id: '2-2' }),
  ])
  await hook.deliver()
  expect(server.received.map(({ body }) => JSON.parse(body).alerts)).toMatchObject([
    [
      {
        kind: 'failure',
        severity: 'error',
        pipeline: 'orders',
        runId: 'run-1',
        title: 'failed: orders (silver.clean, gold.load)',
      },
    ],
  ])
  await writer.close()
})

test('a finding of anomaly detection is an alert', async () => {
  await using server = await receiver()
  const { writer, hook } = await open([{ kind: 'webhook', to: server.url }])
  await writer.writeLogRows(Array.from({ length: 40 }, (_, run) => row(run)))
  const { anomalies } = await writer.writeLogRows([row(40, { duration_secs: 412 })])
  await hook.deliver()
  const [alert] = server.received.map(({ body }) => JSON.parse(body).alerts[0])
  expect(alert).toMatchObject({ kind: 'anomaly', text: anomalies?.[0]?.description })
  await writer.close()
})

test('a gate that stops a write raises an alert, though nothing was written', async () => {
  await using server = await receiver()
  const gate: WriteHook = {
    name: 'gate',
    beforeWrite() {
      throw new WriterDataQualityError('3 of 5 rows break the rule rate')
    },
  }
  const { writer, hook } = await open([{ kind: 'webhook', to: server.url }], { hooks: [gate] })
  await expect(writer.writeLogRows([row(1)])).rejects.toMatchObject({ code: 'DATA_QUALITY' })
  await hook.deliver()
  expect(server.received.map(({ body }) => JSON.parse(body).alerts[0])).toMatchObject([
    { kind: 'quality', text: '3 of 5 rows break the rule rate' },
  ])
  await writer.close()
})

test('an alert is durable before the write resolves, and a sink that hangs holds up neither write nor close', async () => {
  await using server = await receiver()
  server.behaviour = 'hang'
  const directory = newFolder()
  const path = join(directory, 'log.duckdb')
  const settings: AlertSettings[] = [{ kind: 'webhook', to: server.url }]
  const first = await open(settings, { storage: duckdbStorage({ path }), timeoutMs: 60_000, closeTimeoutMs: 10 })
  await first.writer.writeLogRows([row(1, { success: false })])
  expect(await first.states()).toEqual(['pending'])
  await first.writer.close()

  server.behaviour = 200
  const second = await open(settings, { storage: duckdbStorage({ path }), takeOverMs: 0 })
  await second.writer.writeLogRows([row(2, { success: false })])
  await second.hook.deliver()
  expect(await second.states()).toEqual(['sent', 'sent'])
  await second.writer.close()
})

test('without the setting nothing is kept, and settings may change while the writer lives', async () => {
  await using server = await receiver()
  const { writer, hook, states } = await open([])
  await writer.writeLogRows([row(1, { success: false })])
  expect(await states()).toEqual([])
  writer.configure({ alerts: [{ kind: 'webhook', to: server.url }] })
  await writer.writeLogRows([row(2, { success: false })])
  await hook.deliver()
  expect(server.received).toHaveLength(1)
  await writer.close()
})

test('usual writes raise nothing', async () => {
  await using server = await receiver()
  const { writer, hook, states } = await open([{ kind: 'webhook', to: server.url, minSeverity: 'info' }])
  for (let run = 0; run < 30; run++) await writer.writeLogRows([row(run)])
  await hook.deliver()
  expect(server.received).toEqual([])
  expect(await states()).toEqual([])
  await writer.close()
})
