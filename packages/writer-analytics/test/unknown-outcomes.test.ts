import type { LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import {
  analyzePerformanceTrends,
  checkServiceLevels,
  compareRuns,
  generateSummaryReport,
  listPipelines,
  listRuns,
  planRetention,
  readRunGrid,
  viewRun,
} from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'

const at = '2024-06-14T06:00:00Z'

function row(run_id: string, step_name: string, status: string, more: LogRowInput = {}): LogRowInput {
  const success = status === 'success'
  const times = { start_time: at, end_time: '2024-06-14T06:10:00Z', duration_secs: 600 }
  return { run_id, pipeline_id: 'orders', phase: 'gold', step_name, success, metadata: { status }, ...times, ...more }
}

const own = (run_id: string, status: string, metadata: object = {}) =>
  row(run_id, 'orders', status, { phase: 'pipeline', metadata: { status, ...metadata } })

onEveryStorage((open) => {
  test('a run whose outcome is not known is neither a success nor a failure', async () => {
    await using log = await open()
    await log.write([
      ...[row('good', 'a', 'success'), own('good', 'success')],
      ...[row('odd', 'a', 'success'), row('odd', 'b', 'unknown'), own('odd', 'unknown')],
      ...[row('bad', 'a', 'error'), row('bad', 'b', 'unknown'), own('bad', 'error')],
    ])
    const report = await generateSummaryReport(log.source, { days: 30, now })
    expect(report).toMatchObject({
      totalExecutions: 3,
      failedExecutions: 1,
      unknownExecutions: 1,
      successRatePercent: 50,
    })
    expect(report).toMatchObject({ totalSteps: 5, failedSteps: 1, skippedSteps: 2 })
    expect(report.failures.groups.reduce((sum, { failedSteps }) => sum + failedSteps, 0)).toBe(1)
    const trends = await analyzePerformanceTrends(log.source, { days: 30, now })
    expect(trends.trendsAvailable && trends.buckets?.[0]).toMatchObject({ runs: 3, failedRuns: 1, unknownRuns: 1 })
    const levels = [{ pipeline: 'orders', minSuccessRatePercent: 60, dueTime: '07:00' }]
    const { objectives } = await checkServiceLevels(log.source, {
      levels,
      days: 1,
      now: () => new Date('2024-06-14T12:00:00Z'),
    })
    expect(objectives.find(({ kind }) => kind === 'successRate')).toMatchObject({ judged: 2, broken: 1 })
  })

  test('a run that is lost has no end and no duration, whatever its earlier attempts took', async () => {
    await using log = await open()
    const lost = { metadata: { status: 'lost' }, success: false, end_time: null, duration_secs: 0, execution_id: 'x/2' }
    await log.write([
      ...[row('good', 'a', 'success'), own('good', 'success')],
      row('gone', 'a', 'failed', { start_time: '2024-06-14T07:00:00Z', end_time: '2024-06-14T07:01:00Z' }),
      row('gone', 'a', 'lost', { ...lost, start_time: '2024-06-14T07:02:00Z' }),
      row('gone', 'orders', 'lost', { ...lost, phase: 'pipeline', start_time: '2024-06-14T07:00:00Z' }),
    ])
    const unknown = { endedAt: null, durationSecs: null }
    const { runs } = await listRuns(log.source)
    expect(runs).toMatchObject([
      { runId: 'gone', ...unknown },
      { runId: 'good', durationSecs: 600 },
    ])
    expect((await listPipelines(log.source, { now })).pipelines[0]?.lastRun).toMatchObject(unknown)
    const viewed = await viewRun(log.source, 'gone')
    if (!viewed.available) throw new Error(viewed.reason)
    expect(viewed.run).toMatchObject(unknown)
    expect(viewed.steps).toMatchObject([{ step: 'a', status: 'lost', durationSecs: null }])
    expect(viewed.steps[0]?.executions.map(({ durationSecs }) => durationSecs)).toEqual([600, null])
    const grid = await readRunGrid(log.source, { pipeline: 'orders' })
    expect(grid.steps[0]?.cells.map((cell) => cell?.durationSecs)).toEqual([600, null])
  })

  test('an unknown run keeps no due time', async () => {
    await using log = await open()
    await log.write([row('odd', 'a', 'unknown'), own('odd', 'unknown')])
    const levels = [{ pipeline: 'orders', dueTime: '07:00' }]
    const { objectives } = await checkServiceLevels(log.source, {
      levels,
      days: 1,
      now: () => new Date('2024-06-14T12:00:00Z'),
    })
    expect(objectives[0]).toMatchObject({ judged: 1, broken: 1 })
  })

  test('the last attempt decides, also when its outcome is not known', async () => {
    await using log = await open()
    const later = { start_time: '2024-06-14T07:00:00Z', end_time: '2024-06-14T07:10:00Z' }
    await log.write([
      row('odd', 'a', 'success', { execution_id: '1' }),
      row('odd', 'a', 'unknown', { execution_id: '2', ...later }),
      row('good', 'a', 'unknown', { execution_id: '1' }),
      row('good', 'a', 'success', { execution_id: '2', ...later }),
    ])
    const report = await generateSummaryReport(log.source, { days: 30, now })
    expect(report).toMatchObject({
      totalExecutions: 2,
      failedExecutions: 0,
      unknownExecutions: 1,
      successRatePercent: 100,
    })
  })

  test('the own row of a run stands for the results that cannot be read', async () => {
    await using log = await open()
    await log.write([
      ...[row('unread', 'a', 'success'), own('unread', 'failed', { rejected_results: 1 })],
      ...[row('half', 'a', 'success'), own('half', 'unknown', { rejected_results: 1 })],
      ...[row('good', 'a', 'success'), own('good', 'success')],
    ])
    const report = await generateSummaryReport(log.source, { days: 30, now })
    expect(report).toMatchObject({
      totalExecutions: 3,
      failedExecutions: 1,
      unknownExecutions: 1,
      successRatePercent: 50,
    })
  })

  test('a comparison of runs says that an outcome is unknown', async () => {
    await using log = await open()
    await log.write([
      ...[row('good', 'a', 'success'), row('good', 'b', 'success')],
      ...[row('odd', 'a', 'success'), row('odd', 'b', 'unknown')],
      ...[row('bad', 'a', 'error'), row('bad', 'b', 'unknown')],
      own('alone', 'unknown'),
    ])
    expect(await compareRuns(log.source, 'good', 'odd')).toMatchObject({
      a: { success: true },
      b: { success: null },
      figures: { failedSteps: { current: 0, previous: 0 } },
      steps: expect.arrayContaining([expect.objectContaining({ step: 'b', outcome: 'unknown' })]),
    })
    expect(await compareRuns(log.source, 'bad', 'alone')).toMatchObject({
      a: { success: false },
      b: { success: null },
      figures: { failedSteps: { current: 0, previous: 1 } },
    })
  })

  test('retention keeps rows of unknown outcome as long as successes, not as long as failures', async () => {
    await using log = await open()
    await log.write([row('good', 'a', 'success'), row('odd', 'a', 'unknown'), row('bad', 'a', 'error')])
    const later = () => new Date('2024-08-15T12:00:00Z')
    const of = async (keepDays: number, keepFailuresDays: number) => {
      const { policies } = await planRetention(log.source, { retention: { keepDays, keepFailuresDays }, now: later })
      return policies.map(({ rows, failedRows, runs }) => ({ rows, failedRows, runs }))
    }
    expect(await of(30, 365)).toEqual([{ rows: 2, failedRows: 0, runs: 2 }])
    expect(await of(30, 30)).toEqual([{ rows: 3, failedRows: 1, runs: 3 }])
  })
})
