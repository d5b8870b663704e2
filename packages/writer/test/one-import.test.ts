import { join } from 'node:path'
import {
  type Anomaly,
  anomalyWatch,
  createWriter,
  type DetectionResult,
  deltaStorage,
  duckdbStorage,
  isWriterError,
  type LogRowInput,
  memoryStorage,
  type QualityResult,
  qualityGate,
  rules,
  type StorageBackend,
  type WriteResult,
  type Writer,
  WriterDataQualityError,
} from '@forge/writer'
import { newFolder } from '@forge/writer-core/testing'
import { beforeEach, expect, expectTypeOf, test } from 'vitest'

const DAY_MS = 86_400_000
const START_MS = Date.UTC(2024, 0, 1, 6)
const NOW = new Date(START_MS + 41 * DAY_MS)
const settings = { tableSchema: 'analytics', tableName: 'pipeline_logs', now: () => NOW }

function row(day: number, more: Partial<LogRowInput> = {}): LogRowInput {
  return {
    run_id: `run-${day}`,
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: 'clean',
    start_time: new Date(START_MS + day * DAY_MS),
    duration_secs: 118 + (day % 5),
    rows_processed: 1000 + (day % 7),
    ...more,
  }
}

let folder = ''
beforeEach(() => {
  folder = newFolder()
})

test.each<[string, () => StorageBackend]>([
  ['memory', () => memoryStorage()],
  ['DuckDB', () => duckdbStorage({ path: join(folder, 'logs.duckdb') })],
  ['Delta', () => deltaStorage({ path: join(folder, 'delta') })],
])('one import is enough for a writer on %s with hooks, rules and typed errors', async (_name, storage) => {
  const hooks = [qualityGate({ rules: [rules.range('duration_secs', { max: 3600 })], policy: 'fail' }), anomalyWatch()]
  await using writer = await createWriter({ ...settings, storage: storage(), hooks, enableAnomalyDetection: true })
  const { rowsWritten }: WriteResult = await writer.writeLogRows([row(0)])
  expect(rowsWritten).toBe(1)
  const error: unknown = await writer.writeLogRows([row(1, { duration_secs: 9999 })]).catch((caught: unknown) => caught)
  expect(error).toBeInstanceOf(WriterDataQualityError)
  expect(isWriterError(error, 'DATA_QUALITY')).toBe(true)
})

test('the clock of the writer is the clock of all its methods, unless a call brings its own', async () => {
  await using writer = await createWriter({ ...settings, storage: memoryStorage() })
  await writer.writeLogRows(Array.from({ length: 40 }, (_, day) => row(day)))
  const detectedAt = ({ anomalies: [first] }: DetectionResult) => first?.detectedAt
  const spike = [row(40, { duration_secs: 900 })]
  expect(detectedAt(await writer.detectAnomalies(spike, { store: false }))).toBe(NOW.toISOString())
  const later = new Date(NOW.getTime() + DAY_MS)
  expect(detectedAt(await writer.detectAnomalies(spike, { store: false, now: () => later }))).toBe(later.toISOString())
  expect(await writer.generateSummaryReport({ days: 6.5 })).toMatchObject({ available: true, totalExecutions: 5 })
  expect(await writer.backtest({ days: 6.5 })).toMatchObject({ rows: 5 })
  expect(await writer.listRuns({ days: 6.5 })).toMatchObject({ runs: { length: 5 } })
})

test('feedback, profiles and quarantine are methods of the writer', async () => {
  const hooks = [qualityGate({ rules: [rules.range('duration_secs', { max: 3600 })], policy: 'quarantine' })]
  await using writer = await createWriter({ ...settings, storage: memoryStorage(), hooks })
  await writer.writeLogRows([...Array.from({ length: 40 }, (_, day) => row(day)), row(40, { duration_secs: 9999 })])
  expect(await writer.listQuarantine()).toMatchObject([{ row: { run_id: 'run-40' } }])
  const { anomalies } = await writer.detectAnomalies([row(40, { duration_secs: 900 })])
  await writer.addFeedback({ kind: 'expected', anomalyId: anomalies[0]?.id ?? '' })
  expect(await writer.readFeedback()).toMatchObject([{ kind: 'expected', anomalyId: anomalies[0]?.id }])
  expect((await writer.detectAnomalies([row(40, { duration_secs: 900 })])).anomalyCount).toBe(0)
  expect(await writer.profileLog({ columns: ['duration_secs'] })).toMatchObject({ rows: 40 })
})

test('runs are listed, viewed and explained by methods of the writer', async () => {
  await using writer = await createWriter({ ...settings, storage: memoryStorage() })
  await writer.writeLogRows([row(0), row(1, { success: false, error_message: 'no route' })])
  expect(await writer.listPipelines()).toMatchObject({ pipelines: [{ pipeline: 'orders' }] })
  expect(await writer.viewRun('run-0')).toMatchObject({ available: true, run: { runId: 'run-0' } })
  expect(await writer.viewRun('run-9')).toMatchObject({ available: false, reason: expect.any(String) })
  expect(await writer.explainRun('run-1')).toMatchObject({ available: true, brokenSteps: [{ step: 'clean' }] })
})

test('rows that are not iterable are refused by the methods of the writer too', async () => {
  await using writer = await createWriter({ ...settings, storage: memoryStorage() })
  const notRows = JSON.parse('"rows"')
  await expect(writer.detectAnomalies(notRows)).rejects.toMatchObject({ code: 'CONFIGURATION' })
  await expect(writer.detectAnomalies(JSON.parse('null'))).rejects.toMatchObject({ code: 'CONFIGURATION' })
})

test('the types of the methods distinguish rows from options', () => {
  expectTypeOf<Writer['detectAnomalies']>().toBeCallableWith({ since: '2024-01-01', detectionDelayMs: 1000 })
  expectTypeOf<Writer['detectAnomalies']>().toBeCallableWith([{ phase: 'gold' }], { sensitivity: 2 })
  // @ts-expect-error: since applies only to stored rows
  expectTypeOf<Writer['detectAnomalies']>().toBeCallableWith([{ phase: 'gold' }], { since: '2024-01-01' })
  expectTypeOf<Writer['validateLogDataQuality']>().returns.resolves.toEqualTypeOf<QualityResult>()
  expectTypeOf<Anomaly>().toHaveProperty('suppressedBy')
  expectTypeOf<Anomaly>().not.toHaveProperty('suppressed_by')
})
