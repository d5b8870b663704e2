import type { LogRowInput } from '@forge/writer-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { analyzePerformanceTrends, analyzeQualityTrends, type TrendBucket } from '../src/index.ts'
import { zoneTime } from '../src/reading/zone-time.ts'
import { theilSen } from '../src/trends/theil-sen.ts'
import { now, onEveryStorage } from './logs.ts'
import { plainSql } from './plain-sql.ts'
import { randomRows } from './random-logs.ts'

const DAY_MS = 86_400_000

function run(daysAgo: number, change: LogRowInput = {}): LogRowInput {
  const start = new Date(now().getTime() - daysAgo * DAY_MS)
  return {
    run_id: `run-${daysAgo}`,
    pipeline_id: 'orders',
    phase: 'silver',
    step_name: 'clean',
    start_time: start,
    duration_secs: 100,
    rows_processed: 1000,
    validation_rate: 99,
    ...change,
  }
}

const days = (count: number) => Array.from({ length: count }, (_, at) => count - 1 - at)

onEveryStorage((open) => {
  test('a duration whose square overflows makes only the deviation null', async () => {
    await using log = await open()
    await log.write([run(1), run(2, { duration_secs: 1e308 }), run(3)])
    const trends = await analyzePerformanceTrends(log.source, { now })
    if (!trends.trendsAvailable) throw new Error(trends.reason)
    expect(trends.durationTrend).toMatchObject({ stddev: null, min: 100, max: 1e308 })
    expect(trends.validationTrend).toMatchObject({ mean: 99, stddev: 0 })
  })

  test('durations that grow by two seconds a day rise by two seconds a day, whatever one day did', async () => {
    await using log = await open()
    await log.write(days(30).map((ago) => run(ago, { duration_secs: ago === 4 ? 5000 : 160 - 2 * ago })))
    const trends = await analyzePerformanceTrends(log.source, { days: 90, now, forecastBuckets: 2 })
    if (!trends.trendsAvailable) throw new Error(trends.reason)
    expect(trends.durationTrend.direction).toBe('rising')
    expect(trends.durationTrend.slopePerDay).toBeCloseTo(2, 6)
    expect(trends.durationTrend.slopeInterval?.lower).toBeLessThanOrEqual(2)
    expect(trends.durationTrend).toMatchObject({ min: 102, max: 5000 })
    expect(trends.durationTrend.forecast.map(({ at, value }) => [at, Math.round(value)])).toEqual([
      ['2024-06-16T00:00:00.000Z', 162],
      ['2024-06-17T00:00:00.000Z', 164],
    ])
    expect(trends.successTrend).toMatchObject({ successRatePercent: 100, totalExecutions: 30, direction: 'flat' })
    expect(trends.validationTrend).toMatchObject({ mean: 99, stddev: 0, direction: 'flat' })
    expect(trends.pipelines).toMatchObject([{ pipeline: 'orders', steps: 30, trend: { direction: 'rising' } }])
    expect(trends.steps).toMatchObject([{ pipeline: 'orders', phase: 'silver', step: 'clean', max: 5000 }])
    expect(trends.buckets).toHaveLength(30)
  })

  test('too little data is reported, with the reason', async () => {
    await using log = await open()
    const missing = await analyzePerformanceTrends(log.source, { now })
    expect(missing).toMatchObject({ trendsAvailable: false, reason: 'the table does not exist' })
    await log.write([run(1)])
    expect(await analyzePerformanceTrends(log.source, { now })).toMatchObject({
      trendsAvailable: false,
      reason: '1 of the 2 steps that trends need ran in the period',
    })
    await log.write([run(2)])
    const two = await analyzePerformanceTrends(log.source, { now })
    expect(two).toMatchObject({
      trendsAvailable: true,
      durationTrend: { mean: 100, stddev: 0, direction: 'unknown', slopePerDay: null, forecast: [] },
      validationTrend: { mean: 99 },
    })
  })

  test.each([
    ['2024-03-31', ['2024-03-30T23:00:00', '2024-03-31T22:00:00'], 23],
    ['2024-10-27', ['2024-10-26T22:00:00', '2024-10-27T23:00:00'], 25],
  ])('a day on which clocks change is one bucket: %s in Berlin', async (_day, [start, next], hours) => {
    await using log = await open()
    const first = Date.parse(`${start}Z`)
    const rows = Array.from({ length: hours + 1 }, (_, hour) =>
      run(0, { run_id: `h${hour}`, start_time: new Date(first + hour * 3_600_000) }),
    )
    await log.write(rows)
    const trends = await analyzePerformanceTrends(log.source, {
      from: new Date(first - DAY_MS),
      to: new Date(first + 3 * DAY_MS),
      timeZone: 'Europe/Berlin',
    })
    if (!trends.trendsAvailable) throw new Error(trends.reason)
    expect(trends.buckets.map(({ at, runs, steps }) => [at.slice(0, 19), runs, steps])).toEqual([
      [start, hours, hours],
      [next, 1, 1],
    ])
  })

  test('trends equal plain SQL over the same rows', { tags: 'many-cases' }, async () => {
    const bucket = fc.constantFrom<TrendBucket>('hour', 'day', 'week')
    const timeZone = fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata')
    await fc.assert(
      fc.asyncProperty(randomRows, bucket, timeZone, async (rows, length, zone) => {
        await using log = await open()
        await using sql = await plainSql(rows)
        await log.write(rows)
        const period = { from: new Date('2024-05-01T00:00:00Z'), to: now() }
        const trends = await analyzePerformanceTrends(log.source, { ...period, bucket: length, timeZone: zone })
        const at = 'coalesce(start_time, run_started_at, end_time, created_at)'
        const start =
          length === 'hour'
            ? `date_trunc('hour', AT)`
            : `date_trunc('${length}', AT at time zone '${zone}') at time zone '${zone}'`
        const rowsOfPeriod = `log where ${at} >= '2024-05-01 00:00:00Z' and ${at} < '2024-06-15 12:00:00Z' and phase <> 'pipeline'`
        const ran = `coalesce((metadata->>'$.status'), '') not in ('skipped', 'noop', 'cancelled', 'upstream_failed', 'lost')`
        const [figures] = await sql.rows(
          `select count(*) as n, avg(duration_secs) as mean, stddev_samp(duration_secs) as stddev from ${rowsOfPeriod} and ${ran}`,
        )
        expect(trends.trendsAvailable).toBe(Number(figures?.n) >= 2)
        if (!trends.trendsAvailable) return
        expect(trends.durationTrend.mean).toBeCloseTo(Number(figures?.mean), 6)
        expect(trends.durationTrend.stddev).toBeCloseTo(Number(figures?.stddev), 6)
        const buckets = await sql.rows(`
          select epoch_ms(${start.replace('AT', at)}) as ms, count(*) as steps, avg(duration_secs) filter (where ${ran}) as mean
          from ${rowsOfPeriod} group by 1 order by 1`)
        const runs = await sql.rows(`
          select epoch_ms(${start.replace('AT', 'first')}) as ms, count(*) as runs, count(*) filter (where not ok) as failed
          from (select min(first) as first, bool_and(ok) as ok from (
              select run_id, min(first) as first, bool_and(ok) filter (where place = 1) as ok from (
                select *, rank() over (partition by run_id, pipeline_id, run_mode, phase, step_name order by last desc) as place from (
                  select run_id, pipeline_id, run_mode, phase, step_name, execution_id,
                    bool_and(success) as ok, min(${at}) as first, max(${at}) as last from ${rowsOfPeriod} group by all))
              group by run_id, pipeline_id, run_mode, phase, step_name) group by run_id) group by 1 order by 1`)
        const told = trends.buckets.map((each) => ({ ms: Date.parse(each.at), ...each }))
        expect(told.map(({ ms, steps }) => [ms, steps])).toEqual(buckets.map(({ ms, steps }) => [ms, steps]))
        for (const [index, { durations }] of told.entries()) {
          if (durations.mean === null) expect(buckets[index]?.mean).toBeNull()
          else expect(durations.mean).toBeCloseTo(Number(buckets[index]?.mean), 6)
        }
        expect(
          told.filter((each) => each.runs > 0).map(({ ms, runs: count, failedRuns }) => [ms, count, failedRuns]),
        ).toEqual(runs.map(({ ms, runs: count, failed }) => [ms, count, failed]))
      }),
      { numRuns: 10 },
    )
  })

  test('quality trends weigh by rows and name the worst steps', async () => {
    await using log = await open()
    await log.write(
      days(10).flatMap((ago) => [
        run(ago, { validation_rate: 100 - ago, valid_rows: 10 * (100 - ago), invalid_rows: 10 * ago }),
        run(ago, { step_name: 'load', rows_processed: 0, validation_rate: 100, valid_rows: 0, invalid_rows: 0 }),
        run(ago, { step_name: 'not_null', step_type: 'test', rows_processed: 5, validation_rate: 0, invalid_rows: 5 }),
      ]),
    )
    const quality = await analyzeQualityTrends(log.source, { now })
    expect(quality).toMatchObject({
      trendsAvailable: true,
      validatedSteps: 20,
      invalidRows: 450,
      validationTrend: { weightedRatePercent: 95.5, direction: 'rising', max: 100, min: 91 },
      invalidRowsTrend: { invalidRowsPercent: 4.5, direction: 'falling' },
      worstSteps: [{ step: 'clean', validationRate: 95.5 }],
    })
  })

  test('wrong options are named, and so are too many buckets', async () => {
    await using log = await open()
    const wrong = analyzePerformanceTrends(log.source, { bucket: 'minute' as 'hour', limit: 0.5 })
    await expect(wrong).rejects.toMatchObject({ code: 'CONFIGURATION', context: { problems: { length: 2 } } })
    for (const options of [{ timeZone: 'Mars/Olympus' }, { confidence: 0.5 }]) {
      await expect(analyzePerformanceTrends(log.source, options)).rejects.toMatchObject({ code: 'CONFIGURATION' })
    }
    await log.write(Array.from({ length: 2501 }, (_, hour) => run(hour / 24, { run_id: `r${hour}` })))
    const hours = analyzePerformanceTrends(log.source, { days: 365, now, bucket: 'hour' })
    await expect(hours).rejects.toMatchObject({ code: 'CONFIGURATION' })
  })
})

describe('the line by Theil and Sen', () => {
  const x = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
  const y = [3.1, 2.9, 4.2, 4.0, 40.0, 5.1, 5.9, 5.5, 7.2, 7.0]

  test('is that of scipy, with its interval', () => {
    const line = theilSen(x, y)
    expect(line?.slope).toBeCloseTo(0.475, 12)
    expect(line?.lower).toBeCloseTo(0.3, 12)
    expect(line?.upper).toBeCloseTo(0.6333333333333334, 12)
    expect(theilSen(x, y, { confidence: 0.9 })?.upper).toBeCloseTo(0.6142857142857144, 12)
    const tied = theilSen([0, 0, 1, 1, 2, 5, 5, 7], [1, 1, 2, 1, 2, 3, 3, 9])
    expect(tied).toMatchObject({ slope: 0.5, intercept: 1, lower: 0.25 })
    expect(tied?.upper).toBeCloseTo(1.1666666666666667, 12)
  })

  test('does not exist if all points have the same time', () => {
    expect(theilSen([1, 1], [1, 2])).toBeUndefined()
  })
})

test('local times become instants also when the clocks jump or go back', () => {
  const berlin = zoneTime('Europe/Berlin')
  const iso = (date: string, hour: number) => new Date(berlin.instantOf(date, hour * 3600)).toISOString()
  expect(iso('2024-06-15', 6)).toBe('2024-06-15T04:00:00.000Z')
  expect(iso('2024-03-31', 2.5)).toBe('2024-03-31T01:30:00.000Z')
  expect(iso('2024-10-27', 2.5)).toBe('2024-10-27T00:30:00.000Z')
  expect(zoneTime('America/Sao_Paulo').dateOf(Date.parse('2018-11-04T03:00:00Z'))).toBe('2018-11-04')
})
