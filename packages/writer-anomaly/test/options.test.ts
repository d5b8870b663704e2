import {
  addFeedback,
  anomalyWatch,
  backtest,
  type DetectOptions,
  detectAnomalies,
  evaluateDetection,
  readAnomalies,
  tuneSensitivity,
} from '@forge/writer-anomaly'
import { createLogWriter, memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS } from './daily-rows.ts'

const now = () => new Date(START_MS + 41 * DAY_MS)
const REFUSED = { code: 'CONFIGURATION' }
const config = { tableSchema: 'analytics', tableName: 'log' }
const open = () => createLogWriter({ storage: memoryStorage(), config, now })

test.each<[string, DetectOptions]>([
  ['an unknown preset', JSON.parse('{ "preset": "strict" }')],
  ['no history', { historyDays: 0 }],
  ['more history than dates reach', { historyDays: 1e300 }],
  ['a period that is negative', { detectionPeriodDays: -1 }],
  ['a period that is not a number', { detectionPeriodDays: Number.NaN }],
  ['a delay that is negative', { detectionDelayMs: -1 }],
  ['a period together with its start', { detectionPeriodDays: 3, since: now() }],
  ['an invalid option of the model, which the legacy preset does not use', { preset: 'legacy', sensitivity: 0 }],
])('%s is refused', async (_name, options) => {
  await using writer = await open()
  await expect(detectAnomalies(writer, { ...options, now })).rejects.toMatchObject(REFUSED)
})

test.each<[string, DetectOptions]>([
  ['since', { since: now() }],
  ['detectionPeriodDays', { detectionPeriodDays: 3 }],
  ['detectionDelayMs', { detectionDelayMs: 3 }],
])('%s, which applies to stored rows, is refused together with rows', async (_name, options) => {
  await using writer = await open()
  await expect(detectAnomalies(writer, [dayRow(1)], { ...options, now })).rejects.toMatchObject(REFUSED)
})

test('rows that are not objects are refused, with their number', async () => {
  await using writer = await open()
  const rows = JSON.parse('[{}, null]')
  const refused = { code: 'VALIDATION', context: { row: 1 } }
  await expect(detectAnomalies(writer, rows, { now })).rejects.toMatchObject(refused)
  await expect(backtest(rows, { now })).rejects.toMatchObject(refused)
  await expect(detectAnomalies(writer, JSON.parse('"rows"'), { now })).rejects.toMatchObject(REFUSED)
})

test('replays, evaluations and watches refuse invalid days and clocks', async () => {
  await using writer = await open()
  await expect(backtest(writer, { days: 0 })).rejects.toMatchObject(REFUSED)
  await expect(backtest([], { days: Number.NaN })).rejects.toMatchObject(REFUSED)
  await expect(backtest(writer, { now: () => new Date(Number.NaN) })).rejects.toMatchObject(REFUSED)
  await expect(tuneSensitivity(writer, { targetAlertsPerWeek: 1, days: -1 })).rejects.toMatchObject(REFUSED)
  await expect(evaluateDetection(writer, { now: () => new Date(Number.NaN) })).rejects.toMatchObject(REFUSED)
  await expect(evaluateDetection(writer, { historyDays: -1 })).rejects.toMatchObject(REFUSED)
  expect(() => anomalyWatch({ historyDays: 0 })).toThrow(expect.objectContaining(REFUSED))
})

test('feedback of an unknown kind is refused, and stores nothing', async () => {
  await using writer = await open()
  await writer.writeLogRows(daily(40))
  const { anomalies } = await detectAnomalies(writer, [dayRow(40, { duration_secs: 900 })], { now })
  const [first] = anomalies
  expect(first).toBeDefined()
  const feedback = JSON.parse(JSON.stringify({ kind: 'fine', anomalyId: first?.id }))
  await expect(addFeedback(writer, feedback)).rejects.toMatchObject(REFUSED)
  const stored = []
  for await (const each of readAnomalies(await writer.table({ table: 'log_anomalies' }))) stored.push(each)
  expect(stored).toHaveLength(1)
})
