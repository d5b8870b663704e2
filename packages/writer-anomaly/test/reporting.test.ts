import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import type { LogRowInput } from '@forge/writer-core'
import { expect, test } from 'vitest'
import { daily, dayRow } from './daily-rows.ts'
import { findAnomalies, findReported } from './find-anomalies.ts'

const STEPS = ['a', 'b', 'c', 'd', 'e']
const runs = (count: number, change: (day: number, step: string) => LogRowInput = () => ({})) =>
  STEPS.flatMap((step_name) => daily(count, (day) => ({ step_name, ...change(day, step_name) })))

test('a failure streak is reported, whatever else is wrong with the run', () => {
  const broken = runs(44, (day, step) => {
    if (day < 40) return {}
    return step === 'a'
      ? { success: false, error_message: 'no route' }
      : { duration_secs: 900, rows_processed: 2, rows_written: 2 }
  })
  const found = findAnomalies(broken)
  expect(found.find(({ detector }) => detector === 'streak')).toMatchObject({ step: 'a', severity: 'critical' })
  expect(found.find(({ detector }) => detector === 'streak')?.suppressedBy).toBeUndefined()
})

test('a finding that was reported and is then suppressed by one of the whole run starts the cool-down', () => {
  const slow = (day: number, steps: readonly string[]) =>
    steps.map((step_name) => dayRow(day, { step_name, duration_secs: 900 }))
  const model = anomalyModel()
  model.update(stepRunsOfRows(runs(40), 0), 0)
  const day40 = ['a', 'b', 'c', 'd', 'e'].flatMap((step) => model.update(stepRunsOfRows(slow(40, [step]), 0), 0))
  expect(day40.some(({ type, suppressedBy }) => type === 'duration_spike' && !suppressedBy)).toBe(true)
  expect(day40.some(({ type }) => type === 'correlated_run')).toBe(true)
  const day41 = [...slow(41, ['a']), ...STEPS.slice(1).map((step_name) => dayRow(41, { step_name }))]
  expect(model.update(stepRunsOfRows(day41, 0), 0)).toMatchObject([
    { type: 'duration_spike', suppressedBy: 'cooldown' },
  ])
})

test('what is in a maintenance window is silent, and silences nothing', () => {
  const more = { validation_rate: 60, rows_processed: 20_000, rows_written: 12_000 }
  const rows = stepRunsOfRows([...daily(40), dayRow(40, more)], 0)
  const silent = {
    id: 'f1',
    kind: 'expected' as const,
    anomalyId: null,
    pipeline: 'orders',
    step: null,
    type: 'validation_rate_drop' as const,
    from: '2024-02-09T00:00:00Z',
    to: '2024-02-11T00:00:00Z',
    value: null,
    note: null,
  }
  const loud = anomalyModel().update(rows, 0)
  expect(loud.find(({ type }) => type === 'write_ratio')?.suppressedBy).toBeDefined()
  const quiet = anomalyModel({ feedback: [silent] }).update(rows, 0)
  expect(quiet.find(({ type }) => type === 'validation_rate_drop')?.suppressedBy).toBe('expected:f1')
  expect(quiet.find(({ type }) => type === 'write_ratio')?.suppressedBy).toBeUndefined()
})

test('the first run that succeeds again is not reported', () => {
  expect(findReported(runs(60, (day) => (day === 40 ? { duration_secs: 900 } : {}))).map(({ runId }) => runId)).toEqual(
    ['run-40'],
  )
})
