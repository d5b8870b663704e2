import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import type { LogRowInput } from '@forge/writer-core'
import { describe, expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS, wobble } from './daily-rows.ts'
import { findAnomalies, findReported } from './find-anomalies.ts'
import { refusalOf } from './refusal-of.ts'

test('a value is never part of its own baseline: with few values it can fire at all', () => {
  const [spike] = findReported([...daily(8), dayRow(8, { duration_secs: 1200 })])
  expect(spike).toMatchObject({ type: 'duration_spike', baseline: { n: 8, status: 'warming' } })
})

test('old runs are judged by earlier rows only', () => {
  const later = daily(80, (day) => (day > 40 ? { duration_secs: 412 * wobble(day, 0.04) } : {}))
  const first = findReported(later).find(({ runId }) => runId === 'run-41')
  expect(first).toMatchObject({ type: 'duration_spike', baseline: { n: 41 } })
  expect(first?.expected).toBeCloseTo(118, -1)
})

describe('what little history allows', () => {
  test('with fewer than 5 runs nothing statistical is told', () => {
    expect(findReported([...daily(4), dayRow(4, { duration_secs: 9999, rows_processed: 0 })])).toEqual([])
  })

  test('from 5 to 19 runs only threefold changes are, and as a warning', () => {
    expect(findReported([...daily(12), dayRow(12, { duration_secs: 300 })])).toEqual([])
    expect(findReported([...daily(12), dayRow(12, { duration_secs: 1200 })])).toMatchObject([
      { type: 'duration_spike', severity: 'warning' },
    ])
  })

  test('the fewer runs are known, the more evidence an alarm needs', () => {
    const upper = (days: number) => findReported([...daily(days), dayRow(days, { duration_secs: 1200 })])[0]?.upper ?? 0
    expect(upper(8)).toBeGreaterThan(upper(14))
    expect(upper(14)).toBeGreaterThan(upper(40))
  })

  test('the spread of sibling steps is assumed of a step that has shown little of its own', () => {
    const sibling = daily(60, (day) => ({ step_name: 'noisy', duration_secs: 100 * wobble(day, 0.5) }))
    const young = daily(60, () => ({ duration_secs: 100 })).slice(51)
    const spike = dayRow(60, { duration_secs: 450 })
    expect(findReported([...young, spike])).toHaveLength(1)
    const found = findReported([...sibling, ...young, spike]).filter(({ step }) => step === 'clean_events')
    expect(found.filter(({ type }) => type === 'duration_spike')).toEqual([])
  })

  test('a missing history never throws', () => {
    expect(anomalyModel().update([], 0)).toEqual([])
    expect(anomalyModel().evaluate(Date.now())).toEqual([])
  })
})

describe('seasons', () => {
  const weekly = (day: number): LogRowInput => {
    const isWeekend = new Date(START_MS + day * DAY_MS).getUTCDay() % 6 === 0
    const rows = Math.round((isWeekend ? 5000 : 20_000) * wobble(day + 7, 0.03))
    return { rows_processed: rows, rows_written: rows }
  }

  test('a weekly season is learned and reported, and a weekday like a weekend is then an anomaly', () => {
    expect(findReported(daily(120, weekly))).toEqual([])
    // 2024-05-01 is a Wednesday, and the first of a month.
    const wednesday = 121 - 14
    const [drop] = findReported([
      ...daily(wednesday, weekly),
      dayRow(wednesday, { rows_processed: 3000, rows_written: 3000 }),
    ])
    expect(drop).toMatchObject({ type: 'row_count_drop', baseline: { seasonality: 'dow' } })
    expect(drop?.description).toContain('Wednesday')
  })

  const sixHourly = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      const start = new Date(START_MS + at * 21_600_000)
      const isWeekend = start.getUTCDay() % 6 === 0
      const rows = Math.round((isWeekend ? 5000 : 20_000) * wobble(at, 0.03))
      const run = { run_id: `run-${at}`, execution_id: `run-${at}`, start_time: start, run_started_at: start }
      return dayRow(0, { ...run, rows_processed: rows, rows_written: rows })
    })
  const spikeAt = (at: number, factor: number) => {
    const rows = sixHourly(at + 1)
    const last = { ...rows[at], duration_secs: 118 * factor }
    return findReported([...rows.slice(0, at), last]).filter(({ runId }) => runId === `run-${at}`)
  }

  test('little is known of a weekday that was seen once: only threefold changes are reported', () => {
    // 4 runs a day: run 44 is on the second Friday, run 84 on the fourth Monday.
    expect(spikeAt(44, 2.2)).toEqual([])
    expect(spikeAt(44, 4)).toMatchObject([{ type: 'duration_spike', baseline: { status: 'ready' } }])
    expect(spikeAt(84, 2.2)).toMatchObject([{ type: 'duration_spike' }])
  })

  test('a season needs two whole cycles', () => {
    const seasonOf = (at: number) => {
      const rows = sixHourly(at + 1)
      const [drop] = findReported([
        ...rows.slice(0, at),
        { ...rows[at], rows_processed: 100, rows_written: 100 },
      ]).filter(({ runId }) => runId === `run-${at}`)
      return drop?.baseline.seasonality
    }
    // Of 11 and of 25 days.
    expect(seasonOf(45)).toBe('none')
    expect(seasonOf(100)).toBe('dow')
  })

  test('an hourly rhythm is learned within days', () => {
    const hourly = (hour: number) => {
      const start = new Date(START_MS + hour * 3_600_000)
      const rows = Math.round(10_000 * (start.getUTCHours() < 12 ? 1 : 4) * wobble(hour, 0.05))
      const run = { run_id: `run-${hour}`, execution_id: `run-${hour}`, start_time: start, run_started_at: start }
      return dayRow(0, { ...run, rows_processed: rows, rows_written: rows })
    }
    const rows = Array.from({ length: 24 * 20 }, (_, hour) => hourly(hour))
    // Of the first day nothing can be known.
    expect(findReported(rows).filter(({ occurredAt }) => occurredAt > '2024-01-03')).toEqual([])
    const evening = 24 * 20 - 13
    const quiet = { ...hourly(evening), rows_processed: 10_000, rows_written: 10_000 }
    const found = findReported([...rows.slice(0, evening), quiet]).filter(({ runId }) => runId === `run-${evening}`)
    expect(found).toMatchObject([{ type: 'row_count_drop', baseline: { seasonality: 'hour' } }])
  })

  test('a month-end is learned by its third time', () => {
    const monthEnd = (day: number): LogRowInput => {
      const isLast = new Date(START_MS + (day + 1) * DAY_MS).getUTCDate() === 1
      const rows = Math.round(20_000 * (isLast ? 2.2 : 1) * wobble(day + 7, 0.03))
      return { rows_processed: rows, rows_written: rows }
    }
    expect(findReported(daily(366, monthEnd))).toEqual([])
  })

  test('noise is not a season', () => {
    const [spike] = findReported([...daily(80), dayRow(80, { duration_secs: 500 })])
    expect(spike?.baseline.seasonality).toBe('none')
  })

  test('a holiday that looks like a weekend in most steps is silenced; holidays that are given are not judged', () => {
    const steps = ['a', 'b', 'c', 'd']
    const history = daily(100, weekly).flatMap((row) => steps.map((step_name) => ({ ...row, step_name })))
    const holiday = steps.map((step_name) => dayRow(100, { step_name, rows_processed: 5000, rows_written: 5000 }))
    const found = findAnomalies([...history, ...holiday])
    expect(found.map(({ suppressedBy }) => suppressedBy)).toEqual(found.map(() => 'weekend_like_day'))
    expect(found.length).toBeGreaterThan(0)
    expect(findAnomalies([...history, ...holiday], { holidays: ['2024-04-10'] })).toEqual([])
  })
})

describe('scale', () => {
  test('a constant history keeps the deviation finite, and small changes are not anomalies', () => {
    const constant = () => ({ duration_secs: 100, rows_processed: 5000, rows_written: 5000 })
    expect(findReported([...daily(60, constant), dayRow(60, { ...constant(), duration_secs: 104 })])).toEqual([])
    const [spike] = findReported([...daily(60, constant), dayRow(60, { ...constant(), duration_secs: 400 })])
    expect(spike?.deviation.robustZ).toBeLessThan(100)
  })

  test('past anomalies are drawn in, not learned: the next one is found too', () => {
    const spikes = (day: number) => (day % 20 === 19 ? { duration_secs: 900 } : {})
    const found = findReported(daily(140, spikes)).filter(({ type }) => type === 'duration_spike')
    expect(found.map(({ runId }) => runId)).toEqual([19, 39, 59, 79, 99, 119, 139].map((day) => `run-${day}`))
  })

  test('invalid figures are neither judged nor learned', () => {
    const wrong = [Number.NaN, Number.POSITIVE_INFINITY, -5, Number.NEGATIVE_INFINITY]
    const rows = daily(60, (day) =>
      day % 3 === 0 ? { duration_secs: wrong[(day / 3) % 4] ?? -1, validation_rate: 400 } : {},
    )
    expect(findReported(rows)).toEqual([])
    const [spike] = findReported([...rows, dayRow(60, { duration_secs: 412 })])
    expect(spike).toMatchObject({ type: 'duration_spike', baseline: { n: 40 } })
  })
})

describe('the window', () => {
  const fromOf = (window: { readonly runs: number; readonly days: number }) =>
    findReported([...daily(300), dayRow(300, { duration_secs: 412 })], { window })[0]?.baseline.from ?? ''
  const dayOf = (iso: string) => (Date.parse(iso) - START_MS) / DAY_MS

  test('is what a baseline is made of', () => {
    // Forgotten in blocks of 32.
    expect(dayOf(fromOf({ runs: 20, days: 30 }))).toBeGreaterThanOrEqual(300 - 30 - 32)
    expect(dayOf(fromOf({ runs: 63, days: 90 }))).toBeGreaterThanOrEqual(300 - 90 - 32)
    expect(dayOf(fromOf({ runs: 63, days: 90 }))).toBeLessThanOrEqual(300 - 90)
    expect(dayOf(fromOf({ runs: 200, days: 30 }))).toBeLessThanOrEqual(300 - 200)
  })

  test('has 20 runs at least', () => {
    expect(() => anomalyModel({ window: { runs: 19 } })).toThrow(refusalOf('window.runs'))
  })
})

describe('telling it once', () => {
  test('the same kind of finding is suppressed for 24 hours and 5 runs unless it is more severe', () => {
    const slow = (day: number) => ([40, 42, 49].includes(day) ? { duration_secs: 412 } : {})
    const found = findAnomalies(daily(60, slow)).filter(({ type }) => type === 'duration_spike')
    expect(found.map(({ runId, suppressedBy }) => [runId, suppressedBy])).toEqual([
      ['run-40', undefined],
      ['run-42', 'cooldown'],
      ['run-49', undefined],
    ])
  })

  test('the cool-down is configurable', () => {
    const slow = (day: number) => ([40, 42].includes(day) ? { duration_secs: 412 } : {})
    expect(findReported(daily(60, slow), { cooldown: { ms: 0, runs: 0 } })).toHaveLength(2)
  })

  test('types that are not requested are not reported', () => {
    const row = dayRow(40, { duration_secs: 900, rows_processed: 0, rows_written: 0 })
    expect(findReported([...daily(40), row], { types: ['zero_rows'] }).map(({ type }) => type)).toEqual(['zero_rows'])
  })
})

test('a run mode has a history of its own', () => {
  const refresh = dayRow(40, {
    run_mode: 'full_refresh',
    duration_secs: 4000,
    rows_processed: 900_000,
    rows_written: 900_000,
  })
  expect(findReported([...daily(40), refresh])).toEqual([])
})

test('sensitivity decides how much evidence an alarm needs', () => {
  const rows = [...daily(50), dayRow(50, { duration_secs: 165 })]
  expect(findReported(rows, { sensitivity: 0.5 })).toEqual([])
  expect(findReported(rows, { sensitivity: 2 })).toMatchObject([{ type: 'duration_spike' }])
})

test('invalid options are named, all at once', () => {
  expect(() => anomalyModel({ sensitivity: 99, window: { days: -1 } })).toThrow(refusalOf('sensitivity', 'window.days'))
})

describe('the memory', () => {
  test('is JSON, and a model made from it goes on as if nothing had happened', () => {
    const rows = daily(90, (day) => (day % 17 === 16 ? { duration_secs: 500 } : {}))
    const whole = anomalyModel()
    const first = anomalyModel()
    const half = stepRunsOfRows(rows.slice(0, 50), 0)
    const rest = stepRunsOfRows(rows.slice(50), 0)
    whole.update(half, 0)
    first.update(half, 0)
    const second = anomalyModel({}, JSON.parse(JSON.stringify(first.save())))
    expect(second.update(rest, 0)).toEqual(whole.update(rest, 0))
    expect(second.save()).toEqual(whole.save())
  })

  test('is bounded by what is watched, not by how long', () => {
    const model = anomalyModel()
    const sizes = [400, 800].map((days) => {
      model.update(stepRunsOfRows(daily(days).slice(days - 400), 0), 0)
      return JSON.stringify(model.save()).length
    })
    expect(sizes[1]).toBeLessThan(1.1 * (sizes[0] ?? 0))
  })

  test('of another version is refused', () => {
    const saved = { ...anomalyModel().save(), version: 99 }
    expect(() => anomalyModel({}, saved)).toThrow(
      expect.objectContaining({ code: 'CONFIGURATION', context: expect.objectContaining({ version: 99 }) }),
    )
  })
})
