import { describe, expect, test } from 'vitest'
import { daily, dayRow, START_MS, wobble } from './daily-rows.ts'
import { findAnomalies, findReported } from './find-anomalies.ts'

const typesOf = (rows: Parameters<typeof findReported>[0]) => findReported(rows).map(({ type }) => type)

test('a usual history has no findings', () => {
  expect(findReported(daily(200))).toEqual([])
})

describe('durations', () => {
  test('a spike is reported with its value, the expected one and the deviation', () => {
    const [spike, ...others] = findReported([...daily(40), dayRow(40, { duration_secs: 412 })])
    expect(others).toEqual([])
    expect(spike).toMatchObject({
      type: 'duration_spike',
      severity: 'error',
      value: 412,
      metric: 'duration_secs',
      pipeline: 'orders',
      phase: 'silver',
      step: 'clean_events',
      runId: 'run-40',
      occurredAt: '2024-02-10T06:00:00.000Z',
      detector: 'seasonal-mad',
      baseline: { n: 40, seasonality: 'none', status: 'ready' },
    })
    expect(spike?.expected).toBeCloseTo(118, -1)
    expect(spike?.lower).toBeLessThan(118)
    expect(spike?.upper).toBeGreaterThan(118)
    expect(spike?.deviation.robustZ).toBeGreaterThan(6)
    expect(spike?.score).toBeGreaterThan(0.99)
    expect(spike?.evidence?.historyTail.at(-1)).toBe(412)
    for (const figure of ['412', '40 runs']) expect(spike?.description).toContain(figure)
  })

  test('a drop below half is reported', () => {
    expect(typesOf([...daily(40), dayRow(40, { duration_secs: 30 })])).toEqual(['duration_drop'])
  })

  test('a drop to more than half is not', () => {
    expect(typesOf([...daily(40), dayRow(40, { duration_secs: 65 })])).toEqual([])
  })

  test('a change of less than five seconds is not, whatever its ratio', () => {
    const short = (day: number) => ({ duration_secs: 1 * wobble(day, 0.04) })
    expect(typesOf([...daily(40, short), dayRow(40, { duration_secs: 5 })])).toEqual([])
  })

  test('a change of less than half is not, whatever its deviations', () => {
    const constant = () => ({ duration_secs: 118 })
    expect(typesOf([...daily(40, constant), dayRow(40, { duration_secs: 160 })])).toEqual([])
  })

  test('longer by as much as there are more rows is a consequence of the rows', () => {
    const rows = [...daily(40), dayRow(40, { duration_secs: 350, rows_processed: 70_000, rows_written: 70_000 })]
    expect(typesOf(rows)).toEqual(['row_count_spike'])
  })
})

describe('rows', () => {
  test('drops and spikes of more than a quarter are reported', () => {
    expect(typesOf([...daily(40), dayRow(40, { rows_processed: 8000, rows_written: 8000 })])).toEqual([
      'row_count_drop',
    ])
    expect(typesOf([...daily(40), dayRow(40, { rows_processed: 60_000, rows_written: 60_000 })])).toEqual([
      'row_count_spike',
    ])
  })

  test('no rows after many is an error, in gold critical', () => {
    const [silver] = findReported([...daily(40), dayRow(40, { rows_processed: 0, rows_written: 0 })])
    expect(silver).toMatchObject({ type: 'zero_rows', severity: 'error', value: 0 })
    const gold = daily(40, () => ({ phase: 'gold' }))
    const [critical] = findReported([...gold, dayRow(40, { phase: 'gold', rows_processed: 0, rows_written: 0 })])
    expect(critical).toMatchObject({ type: 'zero_rows', severity: 'critical' })
  })

  test('no rows are reported if the last runs had some, but not if they often had none', () => {
    const none = { rows_processed: 0, rows_written: 0 }
    const sparse = (day: number) => ([34, 36, 38].includes(day) ? none : {})
    const found = findAnomalies([...daily(40, sparse), dayRow(40, none)]).filter(({ type }) => type === 'zero_rows')
    expect(found.map(({ runId }) => runId)).not.toContain('run-40')
    expect(found.map(({ runId }) => runId)).toContain('run-34')
    const few = (day: number) => ({ rows_processed: 1 + (day % 3), rows_written: null })
    expect(typesOf([...daily(40, few), dayRow(40, { rows_processed: 0, rows_written: null })])).toEqual([])
  })

  test('none on each Sunday are a rhythm, none on a Monday are not', () => {
    // Day 0 is a Monday.
    const closedOn = (day: number) => (day % 7 === 6 ? { rows_processed: 0, rows_written: 0 } : {})
    const rows = daily(112, closedOn)
    const settled = findReported(rows).filter(({ occurredAt }) => occurredAt > '2024-02-01')
    expect(settled).toEqual([])
    expect(typesOf([...rows, dayRow(112, { rows_processed: 0, rows_written: 0 })])).toContain('zero_rows')
  })

  test('small counts are judged as counts: three of ten are chance, sixty are not', () => {
    const few = (day: number) => ({
      rows_processed: [10, 7, 12, 9, 14, 8, 11, 6, 13, 10][day % 10] ?? 10,
      rows_written: null,
    })
    expect(typesOf([...daily(40, few), dayRow(40, { rows_processed: 3, rows_written: null })])).toEqual([])
    const [spike] = findReported([...daily(40, few), dayRow(40, { rows_processed: 60, rows_written: null })])
    expect(spike).toMatchObject({ type: 'row_count_spike', detector: 'negative-binomial' })
    expect(spike?.upper).toBeLessThan(60)
  })

  test('the limits of a small count that scatters widely leave the reported value out', () => {
    const noisy = (day: number) => ({
      rows_processed: [1, 30, 1, 2, 9, 1, 40, 3, 1, 18][day % 10] ?? 1,
      rows_written: null,
    })
    const [spike] = findReported([...daily(60, noisy), dayRow(60, { rows_processed: 200, rows_written: null })])
    expect(spike).toMatchObject({ type: 'row_count_spike', value: 200 })
    expect(spike?.upper).toBeGreaterThan(spike?.expected ?? Infinity)
    expect(spike?.upper).toBeLessThan(200)
  })

  test('a repeated number that used to vary is reported once', () => {
    const stuck = (day: number) => (day >= 60 ? { rows_processed: 20_123, rows_written: 20_123 } : {})
    expect(typesOf(daily(68, stuck))).toEqual(['stuck_value'])
    expect(typesOf(daily(68, () => ({ rows_processed: 20_123, rows_written: 20_123 })))).toEqual([])
  })

  test('rows that get lost on the way are reported', () => {
    const [lost] = findReported([...daily(40), dayRow(40, { rows_written: 14_000 })])
    expect(lost).toMatchObject({ type: 'write_ratio', metric: 'write_ratio' })
  })
})

describe('validation', () => {
  test('below 90 % is reported even without a history, below 50 % is critical', () => {
    expect(findReported([dayRow(0, { validation_rate: 89 })])).toMatchObject([
      { type: 'validation_rate_drop', detector: 'hard-rule', severity: 'error', baseline: { n: 0 } },
    ])
    expect(findReported([dayRow(0, { validation_rate: 40 })])).toMatchObject([{ severity: 'critical' }])
  })

  test('below 90 % is reported if the number of rows is missing', () => {
    const unknown = { rows_processed: null, rows_written: null }
    const [drop] = findReported([...daily(40, () => unknown), dayRow(40, { ...unknown, validation_rate: 85 })])
    expect(drop).toMatchObject({ type: 'validation_rate_drop', severity: 'error' })
  })

  test('six invalid rows of sixty are chance if three are usual, but six hundred of six thousand are not', () => {
    const rate = (rows: number, invalid: number) => ({
      rows_processed: rows,
      rows_written: rows,
      validation_rate: 100 * (1 - invalid / rows),
    })
    const history = daily(60, (day) => rate(60, [3, 2, 4, 3, 5, 1, 3][day % 7] ?? 3))
    expect(typesOf([...history, dayRow(60, rate(60, 7))])).toEqual([])
    expect(typesOf([...history, dayRow(60, rate(60, 20))])).toEqual(['validation_rate_drop'])
    const many = daily(60, (day) => rate(6000, [300, 200, 400, 300, 500, 100, 300][day % 7] ?? 300))
    expect(typesOf([...many, dayRow(60, rate(6000, 620))])).toEqual(['validation_rate_drop'])
  })

  test('one invalid row of seven is chance if other runs are known', () => {
    const seven = { rows_processed: 7, rows_written: 7 }
    const history = daily(40, (day) => ({ ...seven, validation_rate: day % 9 === 8 ? (6 / 7) * 100 : 100 }))
    expect(typesOf([...history, dayRow(40, { ...seven, validation_rate: (6 / 7) * 100 })])).toEqual([])
    expect(typesOf([...history, dayRow(40, { ...seven, validation_rate: 0 })])).toEqual(['validation_rate_drop'])
  })

  test('a drop that chance does not explain is reported above 90 % too', () => {
    expect(findReported([...daily(40), dayRow(40, { validation_rate: 94 })])).toMatchObject([
      { type: 'validation_rate_drop', detector: 'arcsine-mad', value: 94 },
    ])
  })

  test('from 100 to 99.99 % of ten thousand rows is not a drop', () => {
    const ten = { rows_processed: 10_000, rows_written: 10_000 }
    const perfect = () => ({ ...ten, validation_rate: 100 })
    expect(typesOf([...daily(40, perfect), dayRow(40, { ...ten, validation_rate: 99.99 })])).toEqual([])
  })
})

describe('changes that last', () => {
  test('a level shift is reported once, and the new level is expected from then on', () => {
    const shiftedOn = (day: number) => (day >= 50 ? { duration_secs: 165 * wobble(day, 0.04) } : {})
    const found = findReported(daily(120, shiftedOn))
    expect(found.map(({ type }) => type)).toEqual(['level_shift'])
    expect(found[0]).toMatchObject({ runId: 'run-54', metric: 'duration_secs' })
    expect(found[0]?.value).toBeCloseTo(165, -1)
    expect(found[0]?.expected).toBeCloseTo(118, -1)
  })

  test('a trend is reported with the change over its runs and the time at which it passes a limit', () => {
    const growing = (day: number) => ({ duration_secs: 100 * 1.012 ** day * wobble(day, 0.04) })
    const limits = [{ pipeline: 'orders', step: 'clean_events', durationSecs: 400 }]
    const [trend] = findReported(daily(60, growing), { limits }).filter(({ type }) => type === 'trend')
    expect(trend).toMatchObject({ detector: 'theil-sen', metric: 'duration_secs' })
    const { value, expected } = trend ?? {}
    expect(Number(value) / Number(expected)).toBeGreaterThan(1.2)
    const runsLeft = Math.log(400 / Number(value)) / Math.log(1.012)
    const [, limit, runs] = trend?.description.match(/(400) s\D+(\d+) runs$/) ?? []
    expect(limit).toBe('400')
    expect(Math.abs(Number(runs) - runsLeft)).toBeLessThan(10)
  })

  test('durations that scatter far more than before are reported', () => {
    const wild = (day: number) => ({ duration_secs: 118 * wobble(day, day >= 80 ? 0.3 : 0.04) })
    expect(typesOf(daily(115, wild))).toContain('variance_change')
  })
})

describe('failures', () => {
  const failedRow = (error_message = 'deadline exceeded') => ({ success: false, error_message })

  test('the third failed run in a row is critical, and a longer streak is reported again only when it has doubled', () => {
    const found = findReported(daily(49, (day) => (day >= 40 ? failedRow() : {})))
    expect(found.filter(({ detector }) => detector === 'streak').map(({ runId }) => runId)).toEqual([
      'run-42',
      'run-45',
    ])
    expect(found[0]).toMatchObject({ type: 'failure_rate', severity: 'critical' })
  })

  test('three failed runs in a row are reported for a step of which nothing else is known', () => {
    const found = findReported(daily(3, () => failedRow()))
    expect(found).toMatchObject([{ detector: 'streak', severity: 'critical', baseline: { n: 3, status: 'cold' } }])
  })

  test('a retry that succeeds takes the failure back', () => {
    const rows = Array.from({ length: 6 }, (_, index) => index + 40).flatMap((day) => [
      dayRow(day, { ...failedRow(), execution_id: `run-${day}-1` }),
      dayRow(day, { execution_id: `run-${day}-2`, start_time: new Date(Date.UTC(2024, 0, 1 + day, 7)) }),
    ])
    expect(findReported([...daily(40), ...rows])).toEqual([])
  })

  test('more failures in the last 20 runs than before are reported', () => {
    const flaky = (day: number) => (day >= 100 && day % 3 === 0 ? failedRow() : {})
    const found = findReported(daily(130, flaky))
    expect(found[0]).toMatchObject({ type: 'failure_rate', detector: 'binomial', severity: 'warning' })
    // Ten runs failed: it is reported again when it becomes more severe, and when some time has passed.
    expect(found.length).toBeLessThan(5)
  })

  test('a new kind of error is reported, one of a known kind with other numbers is not', () => {
    const rare = (day: number) => (day % 12 === 0 ? failedRow(`deadline of ${day} s exceeded`) : {})
    const known = daily(100, rare)
    expect(findReported([...known, dayRow(100, failedRow('deadline of 7 s exceeded'))])).toEqual([])
    const [cluster] = findReported([...known, dayRow(100, failedRow('column "região" is missing in /data/7/a.csv'))])
    expect(cluster).toMatchObject({ type: 'error_cluster', detector: 'new-signature' })
    expect(cluster?.description).toContain('column <text> is missing in <path>')
  })

  test('a known kind of error that suddenly comes often is reported once', () => {
    const hourly = (hour: number) => {
      const start = new Date(START_MS + hour * 3_600_000)
      const isFailed = hour === 7 || hour === 407 || (hour > 1400 && hour % 13 === 0)
      return dayRow(0, {
        run_id: `run-${hour}`,
        execution_id: `run-${hour}`,
        start_time: start,
        run_started_at: start,
        ...(isFailed && failedRow(`deadline of ${hour} s exceeded`)),
      })
    }
    const clusters = findReported(Array.from({ length: 1500 }, (_, hour) => hourly(hour))).filter(
      ({ type }) => type === 'error_cluster',
    )
    expect(clusters).toMatchObject([{ detector: 'signature-share', value: 5 }])
  })

  test('failed runs are not part of the baseline of durations', () => {
    const quick = (day: number) => (day % 2 === 0 ? { ...failedRow(), duration_secs: 1 } : {})
    const [spike] = findReported([...daily(80, quick), dayRow(81, { duration_secs: 412 })]).filter(
      ({ type }) => type === 'duration_spike',
    )
    expect(spike?.baseline.n).toBe(40)
  })
})
