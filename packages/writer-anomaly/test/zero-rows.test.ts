import { expect, test } from 'vitest'
import { DAY_MS, daily, dayRow, START_MS, wobble } from './daily-rows.ts'
import { findReported } from './find-anomalies.ts'

const weekday = (day: number) => new Date(START_MS + day * DAY_MS).getUTCDay()
const none = { rows_processed: 0, rows_written: 0, validation_rate: 100 }
const isWeekend = (day: number) => weekday(day) % 6 === 0

test.each([
  ['weekends', isWeekend],
  ['Sundays', (day: number) => weekday(day) === 0],
])('if %s never have rows, the first other day without rows is reported at once', (_, isQuiet) => {
  const history = daily(84, (day) => (isQuiet(day) ? none : {}))
  expect(findReported(history)).toEqual([])
  // Day 85 is a Tuesday.
  for (const others of [[], daily(86, () => ({ step_name: 'other' }))]) {
    const rows = [...history, dayRow(84), dayRow(85, none), ...others]
    expect(findReported(rows)).toMatchObject([{ type: 'zero_rows', severity: 'error', runId: 'run-85' }])
  }
})

test('zeros that come and go by chance are not reported, a stretch of them is', () => {
  const some = (day: number) => ((day * 0.618_034) % 1 < 0.25 ? none : {})
  expect(findReported(daily(200, some))).toEqual([])
  const stretch = daily(191, (day) => (day >= 180 ? none : some(day)))
  expect(findReported(stretch)).toMatchObject([{ type: 'zero_rows' }])
})

test('zeros do not wreck the baseline of the days that have rows', () => {
  const history = daily(120, (day) => (day % 3 === 1 ? none : {}))
  expect(findReported([...history, dayRow(120, { rows_processed: 9000, rows_written: 9000 })])).toMatchObject([
    { type: 'row_count_drop', runId: 'run-120' },
  ])
})

test.each([0, 1, 2, 3, 4])(
  'a count of 60 among counts around 4 is reported, their own scatter is not (draw %i)',
  (draw) => {
    // Counts of independent events.
    const poisson = (day: number) => {
      let [count, product] = [-1, 1]
      for (let at = 0; product > Math.exp(-4); at++) {
        product *= (Math.abs(Math.sin((day + 1) * 12.9898 + (at + 1) * 78.233 + draw * 37.719)) * 43_758.5453) % 1
        count++
      }
      return count
    }
    const counts = (day: number) => ({ rows_processed: poisson(day), rows_written: poisson(day) })
    const steps = Array.from({ length: 8 }, (_, at) => daily(101, () => ({ step_name: `step-${at}` }))).flat()
    const history = daily(100, counts)
    expect(findReported([...history, ...steps]).filter(({ runId }) => Number(runId?.slice(4)) > 30)).toEqual([])
    const many = dayRow(100, { rows_processed: 60, rows_written: 60, duration_secs: 118 * wobble(3, 0.04) })
    expect(findReported([...history, ...steps, many])).toMatchObject([
      { type: 'row_count_spike', runId: 'run-100', value: 60 },
    ])
  },
)
