import { anomalyModel, anomalyWatch, backtest, detectAnomalies, stepRunsOfRows } from '@forge/writer-anomaly'
import { type Anomaly, createLogWriter, type LogRowInput, memoryStorage } from '@forge/writer-core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DAY_MS, dayRow, START_MS, wobble } from './daily-rows.ts'

const HOUR_MS = 3_600_000
const STEPS = ['extract', 'clean', 'join', 'publish']

interface TimedRow extends LogRowInput {
  readonly run_id: string
  readonly start_time: Date
  readonly end_time: Date
}

/** A run whose steps follow each other, each of them an hour long. */
function makeRun(
  number: number,
  { startMs, steps = STEPS, change = {} }: { startMs: number; steps?: readonly string[]; change?: LogRowInput },
): TimedRow[] {
  return steps.map((step_name, at) => {
    const begins = startMs + STEPS.indexOf(step_name) * HOUR_MS
    const seconds = 3500 * wobble(number * 10 + at, 0.02)
    return {
      ...dayRow(0, { step_name, duration_secs: seconds, ...change }),
      run_id: `run-${number}`,
      execution_id: `run-${number}`,
      run_started_at: new Date(startMs),
      start_time: new Date(begins),
      end_time: new Date(begins + seconds * 1000),
    }
  })
}

const daily = (count: number, of: (day: number) => Partial<Parameters<typeof makeRun>[1]> = () => ({})) =>
  Array.from({ length: count }, (_, day) => makeRun(day, { startMs: START_MS + day * DAY_MS, ...of(day) }))

type Writing = 'as steps end' | 'at the end of the run'

/** Judges runs as they come into the log, with an evaluation each hour. */
function stream(runs: readonly TimedRow[][], writing: Writing, untilMs = 0) {
  const model = anomalyModel()
  const writes = runs
    .flatMap((rows) => {
      const endMs = Math.max(...rows.map(({ end_time }) => end_time.getTime()))
      return writing === 'as steps end'
        ? rows.map((row) => ({ atMs: row.end_time.getTime() + 1000, rows: [row] }))
        : [{ atMs: endMs + 1000, rows }]
    })
    .sort((a, b) => a.atMs - b.atMs)
  const reported = new Map<string, Anomaly & { reportedMs: number }>()
  const note = (found: readonly Anomaly[], reportedMs: number) => {
    for (const each of found)
      if (!each.suppressedBy && !reported.has(each.id)) reported.set(each.id, { ...each, reportedMs })
  }
  let hourMs = Math.ceil((writes[0]?.atMs ?? 0) / HOUR_MS) * HOUR_MS
  const evaluateTo = (timeMs: number) => {
    for (; hourMs <= timeMs; hourMs += HOUR_MS) note(model.evaluate(hourMs), hourMs)
  }
  for (const { atMs, rows } of writes) {
    evaluateTo(atMs)
    note(model.update(stepRunsOfRows(rows, atMs), atMs), atMs)
  }
  evaluateTo(untilMs)
  return [...reported.values()]
}

const WRITINGS: readonly Writing[] = ['as steps end', 'at the end of the run']

describe.each(WRITINGS)('rows that are written %s', (writing) => {
  test('of a run that is on its way are not missed', () => {
    expect(stream(daily(60), writing)).toEqual([])
  })

  test('that are left out are missed when the run is over by its own usual span, and not before', () => {
    const runs = daily(60, (day) => (day === 40 ? { steps: STEPS.slice(0, 3) } : {}))
    const found = stream(runs, writing)
    expect(found).toMatchObject([{ type: 'step_missing', step: 'publish', runId: 'run-40' }])
    const usualEndMs = START_MS + 40 * DAY_MS + 4 * 3500 * 1000
    expect(found[0]?.reportedMs).toBeGreaterThan(usualEndMs)
    expect(found[0]?.reportedMs).toBeLessThan(START_MS + 41 * DAY_MS)
  })

  test('of a run that did not start are missed the same day, as one finding', () => {
    const runs = daily(60).filter((_, day) => day !== 40)
    const found = stream(runs, writing)
    expect(found).toMatchObject([{ pipeline: 'orders', runId: null, metric: 'interval_secs' }])
    expect(found[0]?.reportedMs).toBeLessThan(START_MS + 41 * DAY_MS)
  })

  test('of runs that overlap are neither missing nor late', () => {
    const runs = Array.from({ length: 400 }, (_, number) =>
      makeRun(number, { startMs: START_MS + number * 2 * HOUR_MS }),
    )
    expect(stream(runs, writing)).toEqual([])
  })

  test('of a pipeline that was given up are missed once, and not for ever', () => {
    const runs = daily(60)
    const found = stream(runs, writing, START_MS + 160 * DAY_MS)
    expect(new Set(found.map(({ id }) => id)).size).toBe(1)
    const model = anomalyModel()
    model.update(stepRunsOfRows(runs.flat(), 0), 0)
    expect(model.evaluate(START_MS + 63 * DAY_MS)).toHaveLength(1)
    expect(model.evaluate(START_MS + 63 * DAY_MS + HOUR_MS)).toEqual([])
    expect(model.evaluate(START_MS + 120 * DAY_MS)).toEqual([])
  })

  test('of twenty runs of the past within an hour say nothing of the schedule', () => {
    const again = Array.from({ length: 20 }, (_, at) =>
      makeRun(1000 + at, { startMs: START_MS + 40.3 * DAY_MS + at * 180_000 }),
    )
    expect(stream([...daily(60), ...again], writing).filter(({ metric }) => metric === 'interval_secs')).toEqual([])
  })
})

test('a pipeline that goes on under another name is not missed under the old one', () => {
  const renamed = daily(60, (day) => (day < 40 ? {} : { change: { pipeline_id: 'orders_v2' } }))
  const model = anomalyModel()
  model.update(stepRunsOfRows(renamed.flat(), 0), 0)
  expect(model.evaluate(START_MS + 43 * DAY_MS)).toMatchObject([
    { pipeline: 'orders', suppressedBy: 'renamed:orders_v2' },
  ])
})

test('what is started when somebody needs it is never due', () => {
  const gaps = Array.from({ length: 60 }, (_, at) => -Math.log(1 - ((at * 0.618_034) % 1)) * 1.5 * DAY_MS)
  let startMs = START_MS
  const runs = gaps.map((gap, at) => {
    startMs += gap
    return makeRun(at, { startMs })
  })
  expect(stream(runs, 'at the end of the run', startMs + 30 * DAY_MS)).toEqual([])
})

test('rows of one run that come late fill the gap that a later run has shown', () => {
  const runs = Array.from({ length: 600 }, (_, number) =>
    makeRun(number, { startMs: START_MS + number * HOUR_MS, steps: ['extract'] }),
  )
  const model = anomalyModel()
  const reported: Anomaly[] = []
  const give = (rows: readonly TimedRow[], atMs: number) =>
    reported.push(...model.update(stepRunsOfRows(rows, atMs), atMs), ...model.evaluate(atMs))
  // Each hundredth run comes an hour and a half later than the others.
  const late = (number: number) => number > 0 && number % 100 === 0
  runs.forEach((rows, number) => {
    const endMs = rows[0]?.end_time.getTime() ?? 0
    if (!late(number)) give(rows, endMs + 1000)
    if (late(number - 1)) give(runs[number - 1] ?? [], endMs + 1_800_000)
  })
  expect(
    reported.filter(
      ({ metric, occurredAt }) => metric === 'interval_secs' && Date.parse(occurredAt) > START_MS + 10 * DAY_MS,
    ),
  ).toEqual([])
})

describe('the same rows give the same findings, whatever the order of writing', () => {
  const rows = daily(60, (day) => ({
    ...(day === 30 && { change: { duration_secs: 20_000 } }),
    ...(day === 45 && { change: { rows_processed: 300, rows_written: 300 } }),
    ...(day === 52 && { steps: STEPS.slice(0, 3) }),
  }))
    .flat()
    .map((row) => ({ ...row, created_at: new Date(START_MS + 100 * DAY_MS) }))
  const now = () => new Date(START_MS + 100 * DAY_MS)
  const facts = (found: readonly Anomaly[]) =>
    found.map(({ id, type, step, runId }) => ({ id, type, step, runId })).sort((a, b) => (a.id < b.id ? -1 : 1))
  const open = () =>
    createLogWriter({
      storage: memoryStorage(),
      config: { tableSchema: 'analytics', tableName: 'log', enableAnomalyDetection: true },
      hooks: [anomalyWatch()],
      now,
    })

  test('in a stream, by the watch, over the table and in a replay', async () => {
    const whole = await open()
    await whole.writeLogRows(rows)
    const { anomalies } = await detectAnomalies(whole, { now, store: false })
    const wanted = facts(anomalies)
    expect(wanted.map(({ type }) => type).sort()).toEqual(['correlated_run', 'correlated_run', 'step_missing'])
    expect(facts((await backtest(rows, { now })).anomalies)).toEqual(wanted)
    for (const writing of WRITINGS) {
      const runs = Array.from({ length: 60 }, (_, day) => rows.filter(({ run_id }) => run_id === `run-${day}`))
      const last = stream(runs, writing).filter(({ id }) => wanted.some((each) => each.id === id))
      expect(facts(last)).toEqual(wanted)
    }
    await whole.close()
  })

  test('in writes of any size, whose rows come in any order, by each of the four', { tags: 'many-cases' }, async () => {
    const reference = await open()
    await reference.writeLogRows(rows)
    const wanted = facts((await detectAnomalies(reference, { now, store: false })).anomalies)
    await reference.close()
    const draws = fc.record({
      keys: fc.array(fc.nat(1000), { minLength: rows.length, maxLength: rows.length }),
      sizes: fc.array(fc.integer({ min: 1, max: 60 }), { minLength: rows.length, maxLength: rows.length }),
    })
    await fc.assert(
      fc.asyncProperty(draws, async ({ keys, sizes }) => {
        const ordered = rows
          .map((row, at) => ({ row, run: Number(row.run_id.slice(4)), key: keys[at] ?? 0 }))
          .sort((a, b) => a.run - b.run || a.key - b.key)
          .map(({ row }) => row)
        const watched = await open()
        const model = anomalyModel()
        const raised = new Map<string, Anomaly>()
        const streamed = new Map<string, Anomaly>()
        for (let [at, write] = [0, 0]; at < ordered.length; at += sizes[write++] ?? 1) {
          const block = ordered.slice(at, at + (sizes[write] ?? 1))
          for (const each of model.update(stepRunsOfRows(block, 0), 0)) streamed.set(each.id, each)
          for (const each of (await watched.writeLogRows(block)).anomalies ?? []) raised.set(each.id, each)
        }
        const isReported = ({ suppressedBy }: Anomaly) => suppressedBy === undefined
        expect(facts([...streamed.values()].filter(isReported))).toEqual(wanted)
        expect(facts((await detectAnomalies(watched, { now, store: false })).anomalies)).toEqual(wanted)
        expect(facts((await backtest(ordered, { now })).anomalies)).toEqual(wanted)
        // What was raised when a single step was known may have become part of a finding about its run.
        for (const { id } of wanted) expect([...raised.keys()]).toContain(id)
        await watched.close()
      }),
      { numRuns: 10 },
    )
  })

  test('by steps that come in any order within their run', async () => {
    const model = anomalyModel()
    const wanted = facts(model.update(stepRunsOfRows(rows, 0), 0).filter(({ suppressedBy }) => !suppressedBy))
    const keys = fc.array(fc.nat(1000), { minLength: rows.length, maxLength: rows.length })
    fc.assert(
      fc.property(keys, (order) => {
        const shuffled = rows
          .map((row, at) => ({ row, run: Number(row.run_id.slice(4)), key: order[at] ?? 0 }))
          .sort((a, b) => a.run - b.run || a.key - b.key)
        const each = anomalyModel()
        const reported = new Map<string, Anomaly>()
        for (const { row } of shuffled) {
          for (const one of each.update(stepRunsOfRows([row], 0), 0)) reported.set(one.id, one)
        }
        expect(facts([...reported.values()].filter(({ suppressedBy }) => !suppressedBy))).toEqual(wanted)
      }),
      { numRuns: 20 },
    )
  })
})

test('when the runs of many pipelines do not come, the first are reported and suppress the others', () => {
  const names = Array.from({ length: 8 }, (_, at) => `pipeline-${at}`)
  const model = anomalyModel()
  for (const pipeline_id of names) {
    const rows = daily(60, () => ({ change: { pipeline_id } })).flat()
    model.update(stepRunsOfRows(rows, 0), 0)
  }
  const found = model.evaluate(START_MS + 61.2 * DAY_MS)
  expect(found).toHaveLength(8)
  const reported = found.filter(({ suppressedBy }) => suppressedBy === undefined)
  expect(reported).toHaveLength(2)
  const beneath = found.filter(({ suppressedBy }) => suppressedBy !== undefined)
  expect(reported.map(({ id }) => id)).toContain(beneath[0]?.suppressedBy)
})

test('a run that is slower than ever before lacks nothing while its rows come', () => {
  const model = anomalyModel()
  const reported: Anomaly[] = []
  const runs = daily(60)
  const note = (found: readonly Anomaly[]) => reported.push(...found.filter(({ type }) => type === 'step_missing'))
  for (const rows of runs) {
    for (const row of rows) note(model.update(stepRunsOfRows([row], row.end_time.getTime()), row.end_time.getTime()))
  }
  const startMs = START_MS + 60 * DAY_MS
  // Each step takes nearly twice as long as it did.
  STEPS.forEach((step_name, at) => {
    const endMs = startMs + (at + 1) * 1.8 * HOUR_MS
    for (let nowMs = startMs + at * 1.8 * HOUR_MS; nowMs < endMs; nowMs += HOUR_MS / 2) note(model.evaluate(nowMs))
    const row = {
      ...dayRow(0, { step_name }),
      run_id: 'slow',
      execution_id: 'slow',
      run_started_at: new Date(startMs),
    }
    const begins = new Date(startMs + at * 1.8 * HOUR_MS)
    note(model.update(stepRunsOfRows([{ ...row, start_time: begins, duration_secs: 1.8 * 3600 }], endMs), endMs))
  })
  expect(reported).toEqual([])
})
