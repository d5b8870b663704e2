import type { LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { generateSummaryReport, normaliseMessage } from '../src/index.ts'
import { now, onEveryStorage } from './logs.ts'

const step = (change: LogRowInput): LogRowInput => ({
  run_id: 'r1',
  pipeline_id: 'orders',
  phase: 'bronze',
  step_name: 'extract',
  start_time: '2024-06-15T10:00:00Z',
  duration_secs: 10,
  rows_processed: 100,
  rows_written: 90,
  validation_rate: 90,
  success: true,
  ...change,
})

onEveryStorage((open) => {
  test('executions are runs, and the row of a run is in no sum', async () => {
    await using log = await open()
    await log.write([
      step({}),
      step({
        phase: 'silver',
        step_name: 'clean',
        success: false,
        error_message: 'timeout after 30 s',
        duration_secs: 20,
      }),
      step({ phase: 'pipeline', step_name: 'orders', duration_secs: 31, rows_processed: 200, success: false }),
      step({ run_id: 'r2', rows_processed: 300, validation_rate: 50 }),
    ])
    const summary = await generateSummaryReport(log.source, { days: 30, now })
    expect(summary).toMatchObject({
      reportAvailable: true,
      totalExecutions: 2,
      failedExecutions: 1,
      successRatePercent: 50,
      totalSteps: 3,
      totalRowsProcessed: 500,
      totalRowsWritten: 270,
      phaseDistribution: { bronze: 2, silver: 1 },
      failures: {
        groups: [{ message: 'timeout after <n> s', failedSteps: 1, steps: ['orders/clean'], lastRunId: 'r1' }],
      },
      mostFailingSteps: [{ step: 'clean', failureRatePercent: 100 }],
    })
    expect(summary.averageDurationSecs).toBeCloseTo(40 / 3, 9)
    expect(summary.rowsPerSecond).toBeCloseTo(500 / 40, 9)
    expect(summary.validationRate).toBeCloseTo((90 * 200 + 50 * 300) / 500, 9)
    expect(summary.slowestSteps[0]).toMatchObject({ step: 'clean', meanDurationSecs: 20 })
    expect(summary.breakdowns.pipeline).toMatchObject([{ pipeline: 'orders', runs: 2, failedRuns: 1, steps: 3 }])
  })

  test('a run without steps is judged by its own row', async () => {
    await using log = await open()
    await log.write([step({ phase: 'pipeline', success: false })])
    const summary = await generateSummaryReport(log.source, { now })
    expect(summary).toMatchObject({ totalExecutions: 1, failedExecutions: 1, totalSteps: 0, averageDurationSecs: null })
  })

  test('the period before is compared if the period has a start', async () => {
    await using log = await open()
    await log.write([
      step({ duration_secs: 30 }),
      step({ run_id: 'r0', start_time: '2024-06-10T10:00:00Z', duration_secs: 20 }),
    ])
    const { comparison } = await generateSummaryReport(log.source, { days: 3, now })
    expect(comparison?.figures.averageDurationSecs).toEqual({
      current: 30,
      previous: 20,
      change: 10,
      changePercent: 50,
    })
    const everything = await generateSummaryReport(log.source, { days: Number.POSITIVE_INFINITY, now })
    expect(everything).toMatchObject({ totalExecutions: 2, period: { from: null, to: null } })
    expect(everything.comparison).toBeUndefined()
  })

  test('from counts and to does not', async () => {
    await using log = await open()
    const at = '2024-06-15T10:00:00Z'
    await log.write([step({}), step({ run_id: 'r2', start_time: '2024-06-15T11:00:00Z' })])
    const runs = async (from: string, to: string) =>
      (await generateSummaryReport(log.source, { from: new Date(from), to: new Date(to) })).totalExecutions
    expect(await runs(at, '2024-06-15T11:00:00Z')).toBe(1)
    expect(await runs('2024-06-15T10:00:00.001Z', '2024-06-15T11:00:00.001Z')).toBe(1)
    expect(await runs('2024-06-15T09:00:00Z', at)).toBe(0)
  })

  test('a breakdown that is cut says so, and keeps the groups with the most steps', async () => {
    await using log = await open()
    await log.write([step({ step_name: 'a' }), step({ step_name: 'b', run_id: 'r2' }), step({ step_name: 'b' })])
    const summary = await generateSummaryReport(log.source, { now, by: ['step', 'mode'], limit: 1 })
    expect(summary.incomplete).toEqual(['step'])
    expect(summary.breakdowns.step).toMatchObject([{ step: 'b', steps: 2 }])
    expect(summary.breakdowns.pipeline).toBeUndefined()
  })

  test.each([
    ['few', 1000, (at: number) => `row ${at} is bad`],
    ['many, of few messages', 20_001, (at: number) => `row ${at % 10} is bad`],
    ['many, each of its own message', 20_001, (at: number) => `row ${at} is bad`],
  ])('failures are grouped alike: %s', { tags: 'many-cases' }, async (_which, count, messageOf) => {
    await using log = await open()
    await log.write(
      Array.from({ length: count }, (_, at) =>
        step({
          run_id: `r${at % 100}`,
          step_name: at % 3 === 0 ? 'a' : 'b',
          success: false,
          error_message: messageOf(at),
        }),
      ),
    )
    const { failures } = await generateSummaryReport(log.source, { now, by: [] })
    expect(failures).toMatchObject({
      groups: [{ message: 'row <n> is bad', failedSteps: count, steps: ['orders/b', 'orders/a'] }],
      otherFailedSteps: 0,
    })
  })

  test('sketches come near to the exact figures', async () => {
    await using log = await open()
    await log.write(
      Array.from({ length: 500 }, (_, at) => step({ run_id: `r${at}`, duration_secs: at, success: at > 9 })),
    )
    const summary = await generateSummaryReport(log.source, { now, approximate: true, by: ['step'] })
    const [group] = summary.breakdowns.step ?? []
    expect(group?.runs).toBeGreaterThan(400)
    expect(group?.runs).toBeLessThan(600)
    expect(group?.durations.p50).toBeGreaterThan(230)
    expect(group?.durations.p50).toBeLessThan(270)
    expect(summary).toMatchObject({ totalExecutions: 500, failedExecutions: 10 })
  })

  test('where there is nothing, the report says why', async () => {
    await using log = await open()
    const missing = await generateSummaryReport(log.source, { now })
    expect(missing).toMatchObject({ reportAvailable: false, reason: 'the table does not exist', totalExecutions: 0 })
    await log.write([step({ start_time: '2020-01-01T00:00:00Z' })])
    const old = await generateSummaryReport(log.source, { now })
    expect(old).toMatchObject({ reportAvailable: false, reason: 'nothing ran in the period', successRatePercent: null })
  })

  test('wrong options are named, all at once', async () => {
    await using log = await open()
    const wrong = generateSummaryReport(log.source, { limit: 0, by: ['colour' as 'phase'] })
    await expect(wrong).rejects.toMatchObject({ code: 'CONFIGURATION', context: { problems: { length: 2 } } })
    await expect(generateSummaryReport(log.source, { days: -1 })).rejects.toMatchObject({ code: 'CONFIGURATION' })
    const from = new Date('2024-01-02')
    await expect(generateSummaryReport(log.source, { from, to: from })).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

test.each([
  ['Timeout after 30.5 s on 10.0.0.1:5432', 'Timeout after <n> s on <address>'],
  ['job 123e4567-e89b-12d3-a456-426614174000 failed\nTraceback ...', 'job <id> failed'],
  ['no file s3://bucket/key-17.parquet at 2024-01-01T10:00:00Z', 'no file <url> at <time>'],
  ['Überlauf in Spalte 7: -12', 'Überlauf in Spalte <n>: <n>'],
  ['commit deadbeef42 of table_v2', 'commit <hex> of table_v2'],
])('%j is grouped as %j', (message, normalised) => {
  expect(normaliseMessage(message)).toBe(normalised)
})
