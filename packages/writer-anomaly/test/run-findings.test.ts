import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import type { LogRowInput } from '@forge/writer-core'
import { describe, expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS, wobble } from './daily-rows.ts'
import { findAnomalies, findReported } from './find-anomalies.ts'

/** A run of several steps and its row of phase `pipeline`. */
function makeRun(day: number, change: LogRowInput = {}, steps = ['a', 'b', 'c', 'd', 'e', 'f']): LogRowInput[] {
  const step = (step_name: string, index: number) =>
    dayRow(day, { step_name, duration_secs: 60 * wobble(day * 10 + index, 0.05), ...change })
  return [
    ...steps.map(step),
    dayRow(day, { phase: 'pipeline', step_name: 'orders', duration_secs: 400 * wobble(day, 0.03) }),
  ]
}

const runs = (count: number) => Array.from({ length: count }, (_, day) => makeRun(day)).flat()

describe('runs that do not come', () => {
  const without = (...days: number[]) => daily(60).filter((_, day) => !days.includes(day))

  test('a run that was left out is reported with the next run', () => {
    expect(findReported(without(40))).toMatchObject([
      { type: 'run_missing', severity: 'error', metric: 'interval_secs', runId: null, step: null, value: 2 * 86_400 },
    ])
  })

  test('a late run is reported as late', () => {
    const late = dayRow(40, {
      start_time: new Date(START_MS + 40.7 * DAY_MS),
      run_started_at: new Date(START_MS + 40.7 * DAY_MS),
    })
    expect(findReported([...daily(40), late, ...daily(60).slice(41)])).toMatchObject([
      { type: 'run_late', severity: 'warning' },
    ])
  })

  test('evaluate reports an overdue run without a row, once, and more severe as the gap grows', () => {
    const model = anomalyModel()
    model.update(stepRunsOfRows(daily(60), 0), 0)
    const at = (days: number) => model.evaluate(START_MS + (59 + days) * DAY_MS)
    expect(at(1.1)).toEqual([])
    const [late] = at(1.6)
    const [missing] = at(2.1)
    const [critical] = at(6)
    expect([late, missing, critical].map((each) => [each?.type, each?.severity])).toEqual([
      ['run_late', 'warning'],
      ['run_missing', 'error'],
      ['run_missing', 'critical'],
    ])
    expect(new Set([late?.id, missing?.id, critical?.id]).size).toBe(1)
    const next = findReported([...daily(60), dayRow(65)])
    expect(next.map(({ id }) => id)).toEqual([late?.id])
  })

  test('a pipeline of workdays is not missed on weekends, and missed on a Monday', () => {
    const workdays = daily(97).filter((_, day) => new Date(START_MS + day * DAY_MS).getUTCDay() % 6 !== 0)
    expect(findReported(workdays)).toEqual([])
    const model = anomalyModel()
    // Day 95 is Friday, 2024-04-05; the Monday before it is that of Easter.
    model.update(stepRunsOfRows(workdays, 0), 0)
    const at = (iso: string) => model.evaluate(Date.parse(iso)).map(({ type }) => type)
    expect(at('2024-04-07T12:00:00Z')).toEqual([])
    expect(at('2024-04-08T20:00:00Z')).toEqual(['run_late'])
  })

  test('with fewer than six gaps nothing is due', () => {
    const model = anomalyModel()
    model.update(stepRunsOfRows(daily(5), 0), 0)
    expect(model.evaluate(START_MS + 400 * DAY_MS)).toEqual([])
  })

  test('a run that is not due on a holiday is not missed', () => {
    const model = anomalyModel({ holidays: ['2024-03-01'] })
    model.update(stepRunsOfRows(daily(60), 0), 0)
    expect(model.evaluate(START_MS + 60.8 * DAY_MS)).toEqual([])
  })
})

describe('steps', () => {
  test('a step that is missing from a complete run is reported once until it comes back', () => {
    const short = (day: number) => makeRun(day, {}, ['a', 'b', 'c', 'd', 'e'])
    const found = findReported([...runs(30), ...short(30), ...short(31), ...short(32)])
    expect(found).toMatchObject([
      { type: 'step_missing', step: 'f', phase: 'silver', runId: 'run-30', severity: 'error' },
    ])
    expect(findReported([...runs(30), ...short(30), ...makeRun(31), ...short(32)])).toMatchObject(
      [{ runId: 'run-30' }, { runId: 'run-32', suppressedBy: undefined }].slice(0, 1),
    )
  })

  test('a run that failed is not asked for what came after the failure', () => {
    const broken = makeRun(30, {}, ['a', 'b', 'c'])
    const failure = dayRow(30, { step_name: 'd', success: false, error_message: 'no' })
    expect(findReported([...runs(30), ...broken, failure]).filter(({ type }) => type === 'step_missing')).toEqual([])
  })

  test('a re-run of a few steps is not a run that lacks the others', () => {
    expect(findReported([...runs(30), ...makeRun(30, {}, ['a', 'b'])])).toEqual([])
  })

  test('a new step is reported as information', () => {
    const found = findReported([...runs(30), ...makeRun(30, {}, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])])
    expect(found).toMatchObject([{ type: 'step_new', step: 'g', severity: 'info' }])
  })

  test('a step that runs on Mondays only is not missing on other days', () => {
    const some = (day: number) =>
      makeRun(day, {}, day % 7 === 0 ? ['a', 'b', 'c', 'd', 'weekly'] : ['a', 'b', 'c', 'd'])
    expect(
      findReported(Array.from({ length: 60 }, (_, day) => some(day)).flat()).map(({ type }) => type),
    ).not.toContain('step_missing')
  })
})

describe('a whole run out of order', () => {
  const slow = makeRun(40, { duration_secs: 400 })

  test('is one finding, with its parts beneath', () => {
    const found = findAnomalies([...runs(40), ...slow])
    const parent = found.find(({ type }) => type === 'correlated_run')
    expect(found.filter(({ suppressedBy }) => suppressedBy === undefined)).toEqual([parent])
    expect(parent).toMatchObject({ severity: 'critical', phase: null, step: null, runId: 'run-40', value: 6 })
    const parts = found.filter(({ suppressedBy }) => suppressedBy === parent?.id)
    expect(parts.filter(({ phase }) => phase === 'silver')).toHaveLength(6)
    expect(parent?.evidence?.contributing).toHaveLength(6)
  })

  test('is found by what its steps have in common, though none of them is far out', () => {
    const steps = Array.from({ length: 12 }, (_, index) => `step-${index}`)
    const noisy = (day: number, factor: number) =>
      steps.map((step_name, index) =>
        dayRow(day, { step_name, duration_secs: 60 * factor * wobble(day * 100 + index, 0.16) }),
      )
    const history = Array.from({ length: 50 }, (_, day) => noisy(day, 1)).flat()
    const found = findReported([...history, ...noisy(50, 1.7), ...noisy(51, 1)])
    expect(found).toMatchObject([{ type: 'correlated_run', detector: 'stouffer', runId: 'run-50' }])
  })

  test('of which one step is the cause is a finding about that step', () => {
    const change = (row: LogRowInput) => (row.step_name === 'a' ? { ...row, duration_secs: 900 } : row)
    const found = findReported([...runs(40), ...makeRun(40).map(change)])
    expect(found).toMatchObject([{ type: 'duration_spike', step: 'a' }])
  })
})

describe('steps that follow the week', () => {
  const SOME = ['a', 'b', 'c', 'd', 'e', 'f']
  const isSunday = (day: number) => new Date(START_MS + day * DAY_MS).getUTCDay() === 0
  const weekly = (day: number) => makeRun(day, {}, isSunday(day) ? SOME.slice(0, 4) : SOME)
  const history = Array.from({ length: 98 }, (_, day) => weekly(day)).flat()

  test('are not missed on the days on which they never run', () => {
    expect(findReported(history).filter(({ type }) => type === 'step_missing' || type === 'correlated_run')).toEqual([])
  })

  test('are missed on another day', () => {
    // Day 100 is a Wednesday.
    const broken = makeRun(100, {}, ['a', 'b', 'c', 'd', 'f'])
    const rows = [...history, ...weekly(98), ...weekly(99), ...broken, ...weekly(101)]
    expect(findReported(rows).filter(({ type }) => type === 'step_missing')).toMatchObject([
      { step: 'e', runId: 'run-100' },
    ])
  })
})
