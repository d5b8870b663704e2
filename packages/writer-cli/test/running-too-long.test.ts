import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { alertStation } from '@forge/writer-alerts'
import { type AlertSettings, createLogWriter, memoryStorage } from '@forge/writer-core'
import { newFolder } from '@forge/writer-core/testing'
import { recordRun } from '@forge/writer-record'
import { duckdbStorage } from '@forge/writer-storage-duckdb'
import { expect, test } from 'vitest'
import { evaluationPass } from '../src/watch/evaluation-pass.ts'
import { watchAlerts } from '../src/watch/watch-alerts.ts'
import { runCli } from './run-cli.ts'

const CONFIG = { tableSchema: 'analytics', tableName: 'pipeline_logs' }
const TOO_LONG = { serviceLevels: [{ pipeline: 'orders', maxDurationSecs: 3600 }] }
const alerts: AlertSettings[] = [{ kind: 'command', to: 'true' }]
const earlier = { run_id: 'earlier', pipeline_id: 'orders', phase: 'pipeline', duration_secs: 10 } as const
const row = {
  ...earlier,
  run_id: 'run-1',
  start_time: '2026-11-30T10:00:00Z',
  end_time: '2026-11-30T12:10:00Z',
  duration_secs: 7800,
}
const running = [{ runId: 'run-1', pipelineId: 'orders', startedAt: '2026-11-30T10:00:00.000Z' }]

test('evaluate and sla see a run that has been running for too long', async () => {
  const cwd = newFolder()
  const env = { XDG_STATE_HOME: join(cwd, 'state') }
  await writeFile(join(cwd, 'forge-writer.config.json'), JSON.stringify({ ...TOO_LONG, alerts }))
  const storage = duckdbStorage({ path: join(cwd, 'logs.duckdb') })
  const writer = await createLogWriter({ storage, config: CONFIG })
  await writer.writeLogRows([{ ...earlier, start_time: '2026-11-30T09:00:00Z' }])
  const json = async (name: string) => JSON.parse((await runCli([name, '--json'], { cwd, env })).stdout)
  const start = () => new Date('2026-11-30T10:00:00Z')
  await recordRun(writer, { pipelineId: 'orders', runId: 'run-1', now: start, env }, async () => {
    expect((await json('sla')).objectives).toMatchObject([
      { kind: 'maxDuration', broken: 1, breaches: [{ runId: 'run-1', detail: 'has been running for 7200 s' }] },
    ])
    expect((await json('evaluate')).raised).toMatchObject({ sla: 1 })
    expect((await json('evaluate')).raised).toMatchObject({ sla: 0 })
  })
  await writer.close()
})

test('a run that was alerted while it was running is not alerted again after its end', async () => {
  await using writer = await createLogWriter({ storage: memoryStorage(), config: { ...CONFIG, ...TOO_LONG } })
  await writer.writeLogRows([{ ...earlier, start_time: '2026-11-30T09:00:00Z' }])
  const pass = async (at: string, going: typeof running) => {
    const now = () => new Date(at)
    const station = alertStation(writer, alerts, { now, env: {} })
    const since = new Date(now().getTime() - 60_000)
    const { sla } = await evaluationPass(writer, station, { since, at: now(), running: going })
    await station.close()
    return sla
  }
  expect(await pass('2026-11-30T10:30:00Z', running)).toBe(0)
  expect(await pass('2026-11-30T12:00:00Z', running)).toBe(1)
  expect(await pass('2026-11-30T12:01:00Z', running)).toBe(0)
  await writer.writeLogRows([row])
  expect(await pass('2026-11-30T12:10:30Z', [])).toBe(0)
})

test('watch --alerts alerts a run that ends after hours, and one that still goes on', async () => {
  await using writer = await createLogWriter({ storage: memoryStorage(), config: { ...CONFIG, ...TOO_LONG } })
  const clock = { at: '2026-11-30T12:09:00Z' }
  const now = () => new Date(clock.at)
  await writer.writeLogRows([{ ...earlier, start_time: '2026-11-30T09:00:00Z' }])
  const other = { runId: 'run-2', pipelineId: 'orders', startedAt: '2026-11-30T11:09:30.000Z' }
  const watch = watchAlerts(writer, { settings: alerts, env: {}, now, running: () => [other] })
  const before = await watch.check()
  await writer.writeLogRows([row])
  clock.at = '2026-11-30T12:10:30Z'
  expect([before, await watch.check()]).toEqual([0, 2])
  clock.at = '2026-11-30T12:11:30Z'
  expect(await watch.check()).toBe(0)
  await watch.close()
})
