// @module-tag many-cases
import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import type { Anomaly, LogRowInput } from '@forge/writer-core'
import { zoneClock } from '@forge/writer-core/storage'
import { describe, expect, test } from 'vitest'
import { DAY_MS, dayRow, START_MS, wobble } from './daily-rows.ts'
import { findReported } from './find-anomalies.ts'
import { FIRST_MS, HOUR_MS, hourly, rowsOf, runAt } from './runs-at.ts'

// What the next run, the next week or the next month would show to be nothing is not a finding.

const none = { ...rowsOf(0), validation_rate: 100 }

describe('a run without rows', () => {
  const some = (at: number) => rowsOf(20_000 * wobble(at, 0.05))
  const with1000 = (zeros: readonly number[]) =>
    findReported(hourly(60, (_, at) => (zeros.includes(at) ? none : some(at)))).filter(
      ({ type }) => type === 'zero_rows',
    )

  test('is not a finding in a pipeline that runs again within hours', () => {
    expect(with1000([300, 1000])).toEqual([])
  })

  test('is one if the next run has none either', () => {
    expect(with1000([1000, 1001])).toMatchObject([
      { runId: `run-${new Date(FIRST_MS + 1001 * HOUR_MS).toISOString()}` },
    ])
  })

  test('is usual at weekends that begin by other clocks, and unusual on a Wednesday', () => {
    const losAngeles = zoneClock('America/Los_Angeles')
    const isWeekend = (startMs: number) => new Date(losAngeles.localMs(startMs)).getUTCDay() % 6 === 0
    const outage = Date.UTC(2024, 1, 21, 12)
    const rows = hourly(60, (startMs, at) => {
      const isOut = startMs >= outage && startMs < outage + 4 * HOUR_MS
      return isOut || isWeekend(startMs) ? none : some(at)
    })
    const found = findReported(rows).filter(({ type }) => type === 'zero_rows')
    expect(found.map(({ occurredAt }) => occurredAt.slice(0, 10))).toEqual(['2024-02-21'])
  })
})

describe('a slot without a run', () => {
  const each = (minutes: number, missing: readonly number[]) => {
    const count = (30 * 24 * 60) / minutes
    const numbers = Array.from({ length: count }, (_, at) => at).filter((at) => !missing.includes(at))
    return findReported(numbers.map((at) => runAt(FIRST_MS + at * minutes * 60_000))).filter(
      ({ metric }) => metric === 'interval_secs',
    )
  }

  test('of a quarter of an hour matters to nobody once the next run has come; an hour of them does', () => {
    expect(each(15, [2000])).toEqual([])
    expect(each(15, [2000, 2001, 2002, 2003])).toMatchObject([{ type: 'run_missing' }])
  })

  test('of an hour is missing', () => {
    expect(each(60, [600])).toMatchObject([{ type: 'run_missing' }])
  })
})

test('four failures in twenty runs are chance in a pipeline of quarters of an hour, and not in a daily one', () => {
  const failed = { success: false, error_message: 'connection reset' }
  const isFailed = (at: number, count: number) => at >= count - 20 && at % 5 === 0
  const often = Array.from({ length: 2000 }, (_, at) =>
    runAt(FIRST_MS + at * 15 * 60_000, isFailed(at, 2000) || (at < 1800 && at % 110 === 7) ? failed : {}),
  )
  const rates = (rows: readonly LogRowInput[]) => findReported(rows).filter(({ detector }) => detector === 'binomial')
  expect(rates(often)).toEqual([])
  const daily = Array.from({ length: 300 }, (_, day) =>
    dayRow(day, isFailed(day, 300) || (day < 200 && day % 110 === 7) ? failed : {}),
  )
  expect(rates(daily)).not.toEqual([])
})

describe('rows at the first turn of the month', () => {
  const at = (factor: number) =>
    Array.from({ length: 34 }, (_, day) => {
      const rows = 20_000 * wobble(day, 0.05) * (day === 30 ? factor : 1)
      return dayRow(day, rowsOf(rows))
    })
  const spikes = (factor: number) => findReported(at(factor)).filter(({ type }) => type === 'row_count_spike')

  test('may be those of a whole month', () => {
    expect(new Date(START_MS + 30 * DAY_MS).getUTCDate()).toBe(31)
    expect(spikes(4)).toEqual([])
  })

  test('are too many if there are ten times as many', () => {
    expect(spikes(10)).toHaveLength(1)
  })
})

describe('what all steps of a run do', () => {
  const STEPS = ['a', 'b', 'c', 'd', 'e', 'f']
  /** Daily runs of which those on `days` have more rows in each step than a step alone would show. */
  const rowsWith = (days: readonly number[]) =>
    Array.from({ length: 100 }, (_, day) =>
      STEPS.map((step_name, at) =>
        dayRow(day, { step_name, ...rowsOf(20_000 * wobble(day * 7 + at, 0.12) * (days.includes(day) ? 1.45 : 1)) }),
      ),
    ).flat()
  const together = (days: readonly number[]) =>
    findReported(rowsWith(days)).filter(({ type }) => type === 'correlated_run')

  test('is a finding once', () => {
    expect(together([80])).toMatchObject([{ runId: 'run-80' }])
  })

  test('is a habit if it was so a week before', () => {
    expect(together([80, 87])).toMatchObject([{ runId: 'run-80' }])
  })
})

test('a step that comes late each Monday is missing once at most, and missed on another day', () => {
  // The first run of a week reads a weekend: its last step is written hours after the others.
  const model = anomalyModel()
  const reported: Anomaly[] = []
  const steps = ['extract', 'clean', 'join']
  const writes = Array.from({ length: 24 * 56 }, (_, at) => {
    const startMs = FIRST_MS + at * HOUR_MS
    const isMonday = at % 168 === 0
    const lacksJoin = at === 168 * 7 + 75
    return steps
      .filter((step_name) => step_name !== 'join' || !lacksJoin)
      .map((step_name, number) => {
        const beginsMs = startMs + number * 10 * 60_000
        const seconds = isMonday && step_name === 'join' ? 3 * 3600 : 550 * wobble(at * 3 + number, 0.03)
        const row = { ...runAt(startMs, { step_name, duration_secs: seconds }), start_time: new Date(beginsMs) }
        return { row: { ...row, execution_id: `${at}-${step_name}` }, atMs: beginsMs + seconds * 1000 + 1000 }
      })
  })
    .flat()
    .sort((a, b) => a.atMs - b.atMs)
  let hourMs = FIRST_MS + HOUR_MS
  const note = (found: readonly Anomaly[]) => reported.push(...found.filter(({ suppressedBy }) => !suppressedBy))
  for (const { row, atMs } of writes) {
    for (; hourMs <= atMs; hourMs += HOUR_MS) note(model.evaluate(hourMs))
    note(model.update(stepRunsOfRows([row], atMs), atMs))
  }
  const missing = reported.filter(({ type }) => type === 'step_missing')
  const [onMondays, others] = [
    missing.filter(({ occurredAt }) => new Date(occurredAt).getUTCDay() === 1),
    missing.filter(({ occurredAt }) => new Date(occurredAt).getUTCDay() !== 1),
  ]
  expect(new Set(onMondays.map(({ id }) => id)).size).toBeLessThanOrEqual(1)
  expect(new Set(others.map(({ runId }) => runId))).toEqual(
    new Set([`run-${new Date(FIRST_MS + (168 * 7 + 75) * HOUR_MS).toISOString()}`]),
  )
})
