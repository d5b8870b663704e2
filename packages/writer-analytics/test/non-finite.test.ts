import { batchFromRows } from '@forge/writer-core'
import { findColumn } from '@forge/writer-core/storage'
import { expect, test } from 'vitest'
import {
  analyzePerformanceTrends,
  analyzeQualityTrends,
  checkServiceLevels,
  compareRuns,
  generateSummaryReport,
} from '../src/index.ts'
import { type Log, now, onEveryStorage } from './logs.ts'

const WRONG = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY] as const

/** Writes ten runs of one step that takes 60 s, and changes figures of some, as another program may have stored them. */
async function record(log: Log, changes: Readonly<Record<number, object>>): Promise<void> {
  const rows = Array.from({ length: 10 }, (_, at) => ({
    run_id: `r${at}`,
    execution_id: `e${at}`,
    pipeline_id: 'orders',
    run_mode: 'initial' as const,
    phase: 'gold' as const,
    step_name: 'load',
    success: true,
    duration_secs: 60,
    rows_processed: 100,
    valid_rows: 90,
    invalid_rows: 10,
    validation_rate: 90,
    start_time: `2024-06-${String(at + 5).padStart(2, '0')}T06:00:00Z`,
    ...changes[at],
  }))
  await log.write(rows.slice(0, 1))
  const table = await log.source.table()
  const { columns } = await table.info()
  const names = Object.keys(rows[0] ?? {})
  const known = columns.filter(({ name }) => findColumn(name, columns) && names.includes(name))
  const others = columns.filter(({ name, nullable }) => !nullable && !names.includes(name))
  const texts = Object.fromEntries(others.map(({ name, type }) => [name, type === 'timestamp' ? NOW_TEXT : '']))
  const batch = batchFromRows(
    [...known, ...others],
    rows.slice(1).map((row) => ({ ...texts, ...row })),
  )
  await (await log.source.storage.openTable(table.ref, { columns })).append(batch, { batchId: 'theirs' })
}

const NOW_TEXT = '2024-06-14T00:00:00Z'

function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : []
}

onEveryStorage((open) => {
  test('NaN and infinite durations are in no figure of a summary, and are counted', async () => {
    await using log = await open()
    await record(log, Object.fromEntries(WRONG.map((duration_secs, at) => [at + 1, { duration_secs }])))
    const report = await generateSummaryReport(log.source, { days: 30, now })
    expect(report).toMatchObject({
      nonFiniteSteps: 3,
      futureSteps: 0,
      totalSteps: 10,
      failedSteps: 0,
      averageDurationSecs: 60,
      durations: { mean: 60, p50: 60, p95: 60, p99: 60, max: 60 },
      validationRate: 90,
    })
    expect(report.rowsPerSecond).toBeCloseTo(100 / 60)
    expect(report.slowestSteps[0]).toMatchObject({ meanDurationSecs: 60, maxDurationSecs: 60 })
    expect(numbersIn(report).filter((value) => !Number.isFinite(value))).toEqual([])
    const approximate = await generateSummaryReport(log.source, { days: 30, now, approximate: true, by: [] })
    expect(approximate).toMatchObject({ durations: { mean: 60, max: 60 }, slowestSteps: [{ meanDurationSecs: 60 }] })
  })

  test('NaN and infinite rates are in no figure of the validity', async () => {
    await using log = await open()
    await record(log, Object.fromEntries(WRONG.map((validation_rate, at) => [at + 1, { validation_rate }])))
    expect(await generateSummaryReport(log.source, { days: 30, now })).toMatchObject({
      nonFiniteSteps: 3,
      validationRate: 90,
      averageDurationSecs: 60,
    })
    const trends = await analyzeQualityTrends(log.source, { days: 30, now })
    expect(trends).toMatchObject({ nonFiniteSteps: 3, validatedSteps: 7, validationTrend: { mean: 90 } })
    expect(numbersIn(trends).filter((value) => !Number.isFinite(value))).toEqual([])
  })

  test('trends follow the finite durations', async () => {
    await using log = await open()
    await record(log, Object.fromEntries(WRONG.map((duration_secs, at) => [at + 1, { duration_secs }])))
    const trends = await analyzePerformanceTrends(log.source, { days: 30, now })
    expect(trends).toMatchObject({ nonFiniteSteps: 3, durationTrend: { mean: 60, max: 60, direction: 'flat' } })
    expect(numbersIn(trends).filter((value) => !Number.isFinite(value))).toEqual([])
  })

  test('a comparison of runs leaves out what is not a finite number', async () => {
    await using log = await open()
    await record(log, { 1: { duration_secs: Number.NaN }, 2: { validation_rate: Number.POSITIVE_INFINITY } })
    const compared = await compareRuns(log.source, 'r1', 'r2')
    expect(compared).toMatchObject({
      a: { nonFiniteSteps: 1 },
      b: { nonFiniteSteps: 1 },
      steps: [{ a: { durationSecs: null }, b: { durationSecs: 60, validationRate: null } }],
    })
    expect(numbersIn(compared).filter((value) => !Number.isFinite(value))).toEqual([])
  })

  test('a run with a duration that is not finite neither keeps nor breaks a limit', async () => {
    await using log = await open()
    await record(log, Object.fromEntries(WRONG.map((duration_secs, at) => [at + 1, { duration_secs }])))
    const levels = [{ pipeline: 'orders', maxDurationSecs: 100, minDurationSecs: 10, maxConcurrentRuns: 1 }]
    const report = await checkServiceLevels(log.source, { levels, days: 30, now })
    expect(report).toMatchObject({
      verdict: 'passed',
      nonFiniteRuns: 3,
      objectives: [
        { kind: 'maxDuration', judged: 7, broken: 0 },
        { kind: 'minDuration', judged: 7, broken: 0 },
        { kind: 'concurrentRuns', judged: 10, broken: 0 },
      ],
    })
  })

  test('steps that start in the future are counted as such by a summary and by trends', async () => {
    await using log = await open()
    const at = (start_time: string, run_id: string) => {
      return { run_id, pipeline_id: 'orders', phase: 'gold' as const, step_name: 'load', start_time, duration_secs: 60 }
    }
    await log.write([at('2024-06-13T06:00:00Z', 'a'), at('2024-06-14T06:00:00Z', 'b'), at('2031-06-14T06:00:00Z', 'c')])
    const days = Number.POSITIVE_INFINITY
    expect(await generateSummaryReport(log.source, { days, now })).toMatchObject({
      futureSteps: 1,
      totalSteps: 3,
      lastStartedAt: '2031-06-14T06:00:00.000000Z',
    })
    expect(await generateSummaryReport(log.source, { days: 30, now })).toMatchObject({ futureSteps: 0, totalSteps: 2 })
    expect(
      await analyzePerformanceTrends(log.source, { from: new Date('2024-06-01'), to: new Date('2032-01-01'), now }),
    ).toMatchObject({ futureSteps: 1 })
    expect(await analyzeQualityTrends(log.source, { days, now })).toMatchObject({ futureSteps: 1 })
  })
})
