import {
  addFeedback,
  backtest,
  detectAnomalies,
  type StepRun,
  stepRunsOfRows,
  tuneSensitivity,
} from '@forge/writer-anomaly'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { expect, test, vi } from 'vitest'
import { replay } from '../src/backtest/backtest.ts'
import { DAY_MS, daily, START_MS, wobble } from './daily-rows.ts'

const incidents = [40, 60, 80]
const rows = daily(100, (day) => (incidents.includes(day) ? { duration_secs: 500 } : {}))
const dayOf = (day: number) => new Date(START_MS + day * DAY_MS)
const label = (day: number) => ({ pipeline: 'orders', step: 'clean_events', from: dayOf(day), to: dayOf(day) })

test('a replay counts the alerts that would have been raised, by detector and week', async () => {
  const result = await backtest(rows)
  expect(result).toMatchObject({ rows: 100, runs: 100, alerts: 3, precision: null, recall: null })
  expect(result.weeks).toBeCloseTo(99 / 7)
  expect(result.alertsPerWeek).toBeCloseTo(21 / 99)
  expect(result.byDetector).toMatchObject([{ detector: 'seasonal-mad', alerts: 3 }])
})

test('labels give precision and recall', async () => {
  const labels = [...incidents.slice(0, 2), 90].map(label)
  const result = await backtest(rows, { labels })
  expect(result.precision).toBeCloseTo(2 / 3)
  expect(result.recall).toBeCloseTo(2 / 3)
  await expect(
    backtest(rows, { labels: [{ pipeline: 'orders', from: dayOf(2), to: dayOf(1) }] }),
  ).rejects.toMatchObject({
    code: 'CONFIGURATION',
  })
})

test('a log is replayed with the feedback it has as labels', async () => {
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { tableSchema: 'analytics', tableName: 'log' },
  })
  await writer.writeLogRows(rows)
  const { anomalies } = await detectAnomalies(writer)
  const [first, second] = anomalies
  await addFeedback(writer, { kind: 'incident', anomalyId: first?.id ?? '' })
  await addFeedback(writer, { kind: 'expected', anomalyId: second?.id ?? '' })
  const result = await backtest(writer)
  expect(result).toMatchObject({ rows: 100, alerts: 3, precision: 0.5, recall: 1 })
  await writer.close()
})

test('only the last days are replayed if days are given', async () => {
  expect(await backtest(rows, { days: 30, now: () => dayOf(100) })).toMatchObject({ rows: 30 })
})

test('a replay judges batch after batch: the next is read when the one before is judged', async () => {
  const events: string[] = []
  const note = (event: string) => events.at(-1) !== event && events.push(event)
  const judgedWhenRead = (batch: number) => (row: StepRun) =>
    Object.defineProperty({ ...row }, 'durationSecs', {
      get: () => {
        note(`judged ${batch}`)
        return row.durationSecs
      },
    })
  const all = stepRunsOfRows(rows, 0)
  async function* batches() {
    for (let at = 0; at < 4; at++) {
      note(`read ${at}`)
      yield all.slice(at * 25, at * 25 + 25).map(judgedWhenRead(at))
    }
  }
  const result = await replay(batches(), [], {})
  expect(events).toEqual([0, 1, 2, 3].flatMap((at) => [`read ${at}`, `judged ${at}`]))
  expect(result).toMatchObject({ rows: 100, runs: 100, alerts: 3 })
})

test('a log is scanned in order of time, once for each replay, and gives what its rows give', async () => {
  const writer = await createLogWriter({
    storage: memoryStorage(),
    config: { tableSchema: 'analytics', tableName: 'log' },
  })
  await writer.writeLogRows(rows.toReversed())
  const table = await writer.table()
  const scan = vi.spyOn(table, 'scan')
  const source = { ...writer, config: writer.config, table: async () => table }
  const now = () => dayOf(100)
  expect(await backtest(source, { now })).toEqual(await backtest(rows, { now }))
  expect(scan).toHaveBeenCalledTimes(1)
  expect(scan.mock.lastCall?.[0]?.orderBy?.[0]).toEqual({ column: 'start_time' })
  const { tried } = await tuneSensitivity(source, { targetAlertsPerWeek: 1, now })
  expect(scan).toHaveBeenCalledTimes(1 + tried.length)
  await writer.close()
})

test('tuneSensitivity chooses the highest sensitivity that keeps to the target', async () => {
  const noisy = daily(200, (day) => ({ duration_secs: 118 * wobble(day, day % 25 === 0 ? 0.6 : 0.1) }))
  const calm = await tuneSensitivity(noisy, { targetAlertsPerWeek: 0.05 })
  const busy = await tuneSensitivity(noisy, { targetAlertsPerWeek: 1 })
  expect(calm.keepsTarget).toBe(true)
  expect(calm.alertsPerWeek).toBeLessThanOrEqual(0.05)
  expect(busy.sensitivity).toBeGreaterThan(calm.sensitivity)
  expect(busy.backtest.alertsPerWeek).toBe(busy.alertsPerWeek)
  expect(busy.tried.length).toBeLessThanOrEqual(5)
  await expect(tuneSensitivity(noisy, { targetAlertsPerWeek: Number.NaN })).rejects.toMatchObject({
    code: 'CONFIGURATION',
  })
})
