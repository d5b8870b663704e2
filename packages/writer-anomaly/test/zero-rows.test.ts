import { expect, test } from 'vitest'
import { DAY_MS, daily, makeRow, START_MS, wobble } from './daily-rows.ts'
import { told } from './judged.ts'

const weekday = (day: number) => new Date(START_MS + day * DAY_MS).getUTCDay()
const none = { rows_processed: 0, rows_written: 0, validation_rate: 100 }
const isWeekend = (day: number) => weekday(day) % 6 === 0

test.each([
  ['weekends', isWeekend],
  ['Sundays', (day: number) => weekday(day) === 0],
])('where %s never have rows, the first other day without is told at once', (_, isQuiet) => {
  const history = daily(84, (day) => (isQuiet(day) ? none : {}))
  expect(told(history)).toEqual([])
  // Day 85 is a Tuesday.
  for (const others of [[], daily(86, () => ({ step_name: 'other' }))]) {
    const rows = [...history, makeRow(84), makeRow(85, none), ...others]
    expect(told(rows)).toMatchObject([{ type: 'zero_rows', severity: 'error', run_id: 'run-85' }])
  }
})

test('zeros that come and go by themselves are not told, a stretch of them is', () => {
  const some = (day: number) => ((day * 0.618_034) % 1 < 0.25 ? none : {})
  expect(told(daily(200, some))).toEqual([])
  const stretch = daily(191, (day) => (day >= 180 ? none : some(day)))
  expect(told(stretch)).toMatchObject([{ type: 'zero_rows' }])
})

test('zeros do not wreck the baseline of the days that have rows', () => {
  const history = daily(120, (day) => (day % 3 === 1 ? none : {}))
  expect(told([...history, makeRow(120, { rows_processed: 9000, rows_written: 9000 })])).toMatchObject([
    { type: 'row_count_drop', run_id: 'run-120' },
  ])
})

test.each([0, 1, 2, 3, 4])(
  'a count of 60 among counts around 4 is told, their own scatter is not (draw %i)',
  (draw) => {
    // Counts of things that happen by themselves.
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
    expect(told([...history, ...steps]).filter(({ run_id }) => Number(run_id?.slice(4)) > 30)).toEqual([])
    const many = makeRow(100, { rows_processed: 60, rows_written: 60, duration_secs: 118 * wobble(3, 0.04) })
    expect(told([...history, ...steps, many])).toMatchObject([
      { type: 'row_count_spike', run_id: 'run-100', value: 60 },
    ])
  },
)
