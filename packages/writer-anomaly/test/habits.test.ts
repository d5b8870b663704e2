import type { LogRowInput } from '@forge/writer-core'
import { zoneClock } from '@forge/writer-core/storage'
import { describe, expect, test } from 'vitest'
import { DAY_MS, dayRow, START_MS, wobble } from './daily-rows.ts'
import { findReported } from './find-anomalies.ts'
import { FIRST_MS, HOUR_MS, hourly, rowsOf, runAt } from './runs-at.ts'

// What pipelines do again and again is not a finding, and what they do once is.

describe('days of the people of a pipeline', () => {
  const losAngeles = zoneClock('America/Los_Angeles')
  const quietWeekends = (startMs: number, at: number) => {
    const isWeekend = [0, 6].includes(new Date(losAngeles.localMs(startMs)).getUTCDay())
    return rowsOf((isWeekend ? 5000 : 30_000) * wobble(at, 0.05))
  }
  const since = (day: number) => (row: { occurredAt: string }) => Date.parse(row.occurredAt) >= FIRST_MS + day * DAY_MS

  test('begin when they begin, though the zone is not known: weekends of California are not findings', () => {
    const found = findReported(hourly(60, quietWeekends)).filter(since(28))
    expect(found).toEqual([])
  })

  test('show what is unusual for them', () => {
    // 03:00 in UTC on a Saturday is a Friday evening in California.
    const friday = FIRST_MS + 54 * DAY_MS + 3 * HOUR_MS
    expect(new Date(friday).getUTCDay()).toBe(6)
    const rows = hourly(56, (startMs, at) => (startMs === friday ? rowsOf(5000) : quietWeekends(startMs, at)))
    const found = findReported(rows).filter(since(28))
    expect(found.map(({ type, occurredAt }) => [type, occurredAt])).toEqual([
      ['row_count_drop', new Date(friday).toISOString()],
    ])
  })
})

describe('runs that read what has come since the last one', () => {
  const PER_HOUR = 4000
  /** Runs at 7 to 18 o'clock on workdays; the first of a day reads a night, and that of a Monday a weekend. */
  const officeHours = (days: number, change: (startMs: number) => number = () => 1) => {
    const starts = Array.from({ length: days * 24 }, (_, at) => FIRST_MS + at * HOUR_MS).filter((startMs) => {
      const start = new Date(startMs)
      return start.getUTCHours() >= 7 && start.getUTCHours() <= 18 && start.getUTCDay() % 6 !== 0
    })
    return starts.map((startMs, at) => {
      const gapHours = at === 0 ? 1 : (startMs - (starts[at - 1] ?? 0)) / HOUR_MS
      return runAt(startMs, rowsOf(PER_HOUR * gapHours * wobble(at, 0.05) * change(startMs)))
    })
  }

  test('have more rows after each night and each weekend', () => {
    expect(findReported(officeHours(70)).filter(({ occurredAt }) => occurredAt > '2024-01-29')).toEqual([])
  })

  test('have too many if there are more than on other Mondays', () => {
    const monday = Date.UTC(2024, 2, 4, 7)
    const found = findReported(officeHours(66, (startMs) => (startMs === monday ? 4 : 1)))
    expect(
      found.filter(({ occurredAt }) => occurredAt > '2024-01-29').map(({ type, occurredAt }) => [type, occurredAt]),
    ).toEqual([['row_count_spike', '2024-03-04T07:00:00.000Z']])
  })
})

describe('a run that is slow on its own', () => {
  const slowAt = (...hours: number[]) =>
    findReported(hourly(20, (_, at) => (hours.includes(at) ? { duration_secs: 400 } : {})))

  test('is not a finding in a pipeline that runs again within hours', () => {
    expect(slowAt(400)).toEqual([])
  })

  test('is one if the next run is slow as well', () => {
    expect(slowAt(400, 401).map(({ type, occurredAt }) => [type, occurredAt])).toEqual([
      ['duration_spike', new Date(FIRST_MS + 401 * HOUR_MS).toISOString()],
    ])
  })

  test('is one if it takes ten times as long', () => {
    const rows = hourly(20, (_, at) => (at === 400 ? { duration_secs: 1000 } : {}))
    expect(findReported(rows).map(({ type }) => type)).toEqual(['duration_spike'])
  })

  test('is one in a daily pipeline, which shows it again only a day later', () => {
    const rows = Array.from({ length: 41 }, (_, day) => dayRow(day, day === 40 ? { duration_secs: 412 } : {}))
    expect(findReported(rows).map(({ type }) => type)).toEqual(['duration_spike'])
  })
})

describe('failures in a row', () => {
  /** A step that fails one run in ten, scattered, each half-hour for four weeks; then `last` failures in a row. */
  const flaky = (last: number) =>
    Array.from({ length: 48 * 28 + last }, (_, at) => {
      const isLast = at >= 48 * 28
      const failed = isLast || at % 10 === 3
      return runAt(FIRST_MS + at * 30 * 60_000, failed ? { success: false, error_message: 'connection reset' } : {})
    })
  const streaks = (last: number) => findReported(flaky(last)).filter(({ detector }) => detector === 'streak')

  test('are chance in a step that fails often and runs often', () => {
    expect(streaks(3)).toEqual([])
  })

  test('are not chance when they are many', () => {
    expect(streaks(6).map(({ severity }) => severity)).toEqual(['critical'])
  })

  test('are reported after three in a step that hardly ever fails', () => {
    const rows = Array.from({ length: 63 }, (_, day) =>
      dayRow(day, day >= 60 ? { success: false, error_message: 'gone' } : {}),
    )
    expect(findReported(rows).filter(({ detector }) => detector === 'streak')).toHaveLength(1)
  })
})

test('the rows of a whole run are as usual if those of its steps are', () => {
  // The second step has no rows in one run of twenty, and nearly all rows are its own.
  const rows = Array.from({ length: 24 * 40 }, (_, at): LogRowInput[] => {
    const startMs = FIRST_MS + at * HOUR_MS
    const [small, large] = [1000 * wobble(at, 0.05), at % 20 === 7 ? 0 : 50_000 * wobble(at + 1, 0.05)]
    const whole = runAt(startMs, {
      ...rowsOf(small + large),
      phase: 'pipeline',
      step_name: 'orders',
      execution_id: `whole-${at}`,
    })
    return [
      runAt(startMs, rowsOf(small)),
      runAt(startMs, { ...rowsOf(large), step_name: 'load', execution_id: `load-${at}` }),
      whole,
    ]
  }).flat()
  const found = findReported(rows).filter(({ occurredAt }) => occurredAt > '2024-01-15')
  expect(found).toEqual([])
  const lastMs = FIRST_MS + 24 * 40 * HOUR_MS
  const few = runAt(lastMs, { ...rowsOf(5000), step_name: 'load' })
  const [drop] = findReported([...rows, few]).filter(({ type }) => type === 'row_count_drop')
  expect(drop?.step).toBe('load')
})

test('a run that waited for the one before it is not late', () => {
  const rows = Array.from({ length: 24 * 40 }, (_, at) => {
    const due = FIRST_MS + at * HOUR_MS
    // The run at hour 900 takes 100 minutes; the next one starts as soon as it ends.
    if (at === 900) return runAt(due, { duration_secs: 6000 })
    if (at === 901) return runAt(due + 6000_000 - HOUR_MS + 1000)
    return runAt(due)
  })
  expect(findReported(rows).filter(({ metric }) => metric === 'interval_secs')).toEqual([])
})

test.each(['2024-03-29', '2024-04-01', '2024-05-01', '2024-07-04', '2024-11-28', '2024-11-29', '2024-12-25'])(
  'nobody is woken on %s by a pipeline of workdays',
  (holiday) => {
    const days = Math.round((Date.parse(holiday) - Date.parse('2024-01-01')) / DAY_MS)
    const workdays = Array.from({ length: days + 10 }, (_, day) => day).filter(
      (day) => day !== days && new Date(START_MS + day * DAY_MS).getUTCDay() % 6 !== 0,
    )
    const rows = workdays.filter((day) => day > days - 60).map((day) => dayRow(day))
    expect(findReported(rows).filter(({ metric }) => metric === 'interval_secs')).toEqual([])
  },
)
