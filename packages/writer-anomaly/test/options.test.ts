import {
  addFeedback,
  anomalyWatch,
  backtest,
  type DetectOptions,
  detectAnomalies,
  evaluate,
  readAnomalies,
  tune,
} from '@forge/writer-anomaly'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { DAY_MS, daily, makeRow, START_MS } from './daily-rows.ts'

const now = () => new Date(START_MS + 41 * DAY_MS)
const REFUSED = { code: 'CONFIGURATION' }
const config = { tableSchema: 'analytics', tableName: 'log' }
const open = () => createLogWriter({ storage: memoryStorage(), config, now })

test.each<[string, DetectOptions]>([
  ['a preset that is none', JSON.parse('{ "preset": "strict" }')],
  ['no history', { historyDays: 0 }],
  ['more history than dates reach', { historyDays: 1e300 }],
  ['a period that is negative', { detectionPeriodDays: -1 }],
  ['a period that is no number', { detectionPeriodDays: Number.NaN }],
  ['a delay that is negative', { detectionDelayHours: -1 }],
  ['a period beside its start', { detectionPeriodDays: 3, since: now() }],
  ['a wrong option of the model, where the legacy preset takes none', { preset: 'legacy', sensitivity: 0 }],
])('%s is refused', async (_name, options) => {
  await using writer = await open()
  await expect(detectAnomalies(writer, { ...options, now })).rejects.toMatchObject(REFUSED)
})

test.each<[string, DetectOptions]>([
  ['since', { since: now() }],
  ['detectionPeriodDays', { detectionPeriodDays: 3 }],
  ['detectionDelayHours', { detectionDelayHours: 3 }],
])('%s, which is of stored rows, is refused beside rows', async (_name, options) => {
  await using writer = await open()
  await expect(detectAnomalies(writer, [makeRow(1)], { ...options, now })).rejects.toMatchObject(REFUSED)
})

test('rows that are none are refused, and named', async () => {
  await using writer = await open()
  const rows = JSON.parse('[{}, null]')
  const refused = { code: 'VALIDATION', context: { row: 1 } }
  await expect(detectAnomalies(writer, rows, { now })).rejects.toMatchObject(refused)
  await expect(backtest(rows, { now: now() })).rejects.toMatchObject(refused)
  await expect(detectAnomalies(writer, JSON.parse('"rows"'), { now })).rejects.toMatchObject(REFUSED)
})

test('replays, evaluations and watches refuse days and times that are none', async () => {
  await using writer = await open()
  await expect(backtest(writer, { days: 0 })).rejects.toMatchObject(REFUSED)
  await expect(backtest([], { days: Number.NaN })).rejects.toMatchObject(REFUSED)
  await expect(backtest(writer, { now: new Date(Number.NaN) })).rejects.toMatchObject(REFUSED)
  await expect(tune(writer, { targetAlertsPerWeek: 1, days: -1 })).rejects.toMatchObject(REFUSED)
  await expect(evaluate(writer, { now: new Date(Number.NaN) })).rejects.toMatchObject(REFUSED)
  await expect(evaluate(writer, { historyDays: -1 })).rejects.toMatchObject(REFUSED)
  expect(() => anomalyWatch({ historyDays: 0 })).toThrow(expect.objectContaining(REFUSED))
})

test('feedback of a kind that is none is refused, and stores nothing', async () => {
  await using writer = await open()
  await writer.writeLogRows(daily(40))
  const { anomalies } = await detectAnomalies(writer, [makeRow(40, { duration_secs: 900 })], { now })
  const [first] = anomalies
  expect(first).toBeDefined()
  const feedback = JSON.parse(JSON.stringify({ kind: 'fine', anomalyId: first?.id }))
  await expect(addFeedback(writer, feedback)).rejects.toMatchObject(REFUSED)
  const told = []
  for await (const each of readAnomalies(await writer.table({ table: 'log_anomalies' }))) told.push(each)
  expect(told).toHaveLength(1)
})
