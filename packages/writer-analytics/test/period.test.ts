import { memoryStorage } from '@forge/writer-core'
import { expect, test } from 'vitest'
import {
  analyzePerformanceTrends,
  checkServiceLevels,
  generateSummaryReport,
  type PeriodOptions,
} from '../src/index.ts'
import { now, openLog } from './logs.ts'

const LEVELS = [{ pipeline: 'orders', maxDurationSecs: 1 }]

function open() {
  return openLog(() => memoryStorage())
}

test.each<[string, PeriodOptions]>([
  ['no days', { days: 0 }],
  ['days that are not a number', { days: Number.NaN }],
  ['more days than dates reach', { days: 1e9 }],
  ['days beyond all numbers of dates', { days: 1e300 }],
  ['a start that is not a date', { from: new Date(Number.NaN) }],
  ['a start in text', JSON.parse('{ "from": "2024-01-01" }')],
  ['an end before its start', { from: new Date('2024-02-01'), to: new Date('2024-01-01') }],
  ['a start after now, without an end', { from: new Date('2099-01-01') }],
  ['days together with a start', { days: 3, from: new Date('2024-01-01') }],
])('%s is a configuration error of every report', async (_name, period) => {
  await using log = await open()
  const refused = { code: 'CONFIGURATION' }
  await expect(generateSummaryReport(log.source, { ...period, now })).rejects.toMatchObject(refused)
  await expect(analyzePerformanceTrends(log.source, { ...period, now })).rejects.toMatchObject(refused)
  await expect(checkServiceLevels(log.source, { ...period, levels: LEVELS, now })).rejects.toMatchObject(refused)
})

test('a period that has no room before it is not compared', async () => {
  await using log = await open()
  await log.write([{ run_id: 'run-1', phase: 'bronze', step_name: 'load', start_time: '2024-06-01T00:00:00Z' }])
  const report = await generateSummaryReport(log.source, { from: new Date(-8.64e15), now })
  expect(report.totalExecutions).toBe(1)
  expect(report.comparison).toBeUndefined()
})
