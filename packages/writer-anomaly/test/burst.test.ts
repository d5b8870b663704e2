// @module-tag many-cases
import { createRandom } from '@forge/fixtures'
import { anomalyModel, stepRunsOfRows } from '@forge/writer-anomaly'
import { burst } from '@forge/writer-anomaly/statistics'
import type { Anomaly } from '@forge/writer-core'
import { describe, expect, test } from 'vitest'
import { DAY_MS } from './daily-rows.ts'
import { findReported } from './find-anomalies.ts'
import { FIRST_MS, HOUR_MS, hourly, rowsOf, runAt } from './runs-at.ts'

const random = createRandom(7)
const noise = Array.from({ length: 2000 }, () => random.unit())

/** Counts by the hour of the day that scatter by a half, as errors and visits do. */
const usual = (at: number) =>
  Math.round((20 + 15 * Math.sin(((at % 24) / 24) * 2 * Math.PI)) * (0.5 + (noise[at] ?? 0)))

const scoresOf = (values: readonly number[], stepMs = HOUR_MS) => {
  const detector = burst()
  return values.map((value, at) => detector.update({ value, timeMs: FIRST_MS + at * stepMs }))
}

const alarmsOf = (scores: readonly number[]) => scores.flatMap((score, at) => (score >= 0.5 ? [at] : []))

describe('the detector', () => {
  const series = (changes: Readonly<Record<number, number>> = {}) =>
    Array.from({ length: 1000 }, (_, at) => changes[at] ?? usual(at))

  test('reports a burst, and nothing else of a noisy series', () => {
    expect(alarmsOf(scoresOf(series({ 700: 180 })))).toEqual([700])
  })

  test('reports a dip of a steady series', () => {
    const values = Array.from({ length: 600 }, (_, at) => 1000 + 20 * (noise[at] ?? 0) - (at === 500 ? 700 : 0))
    expect(alarmsOf(scoresOf(values))).toEqual([500])
  })

  test('reports within a day only what is twice as large', () => {
    expect(alarmsOf(scoresOf(series({ 700: 180, 710: 150, 715: 600 })))).toEqual([700, 715])
    expect(alarmsOf(scoresOf(series({ 700: 180, 725: 180 })))).toEqual([700, 725])
  })

  test('learns what returns each day at the same hour', () => {
    const nightly = series(Object.fromEntries(Array.from({ length: 42 }, (_, day) => [24 * day + 3, 200])))
    expect(alarmsOf(scoresOf(nightly)).filter((at) => at > 240)).toEqual([])
  })

  test('needs more the more often a series is sampled', () => {
    const values = (size: number) =>
      Array.from({ length: 1000 }, (_, at) => 1000 + 100 * ((noise[at] ?? 0) - 0.5) + (at === 900 ? size : 0))
    const smallest = (stepMs: number) =>
      [200, 300, 400, 500, 600, 800, 1000].find((size) => alarmsOf(scoresOf(values(size), stepMs)).length > 0) ?? 0
    expect(smallest(60_000)).toBeGreaterThan(smallest(HOUR_MS))
  })

  test('is silent about a series that comes less than hourly', () => {
    expect(scoresOf(series({ 700: 5000 }), 2 * HOUR_MS).every((score) => score === 0)).toBe(true)
  })
})

describe('a step that runs each hour', () => {
  // Mostly few and sometimes many: on a logarithmic scale, these values scatter by more than the burst.
  const runs = (changes: Readonly<Record<number, number>> = {}) =>
    hourly(40, (_, at) => rowsOf(changes[at] ?? Math.max(1, Math.round(40 * (noise[at] ?? 0) ** 3))))

  test('has a finding for a burst that a logarithmic scale hides', () => {
    const found = findReported(runs({ 800: 180 })).filter(({ metric }) => metric === 'rows_processed')
    expect(found).toMatchObject([
      {
        type: 'row_count_spike',
        detector: 'burst',
        value: 180,
        runId: `run-${new Date(FIRST_MS + 800 * HOUR_MS).toISOString()}`,
      },
    ])
    const [{ lower, upper, expected } = {} as Anomaly] = found
    expect(lower).toBeGreaterThanOrEqual(0)
    expect(upper).toBeGreaterThan(expected ?? Infinity)
    expect(upper).toBeLessThan(180)
  })

  test('has none without it', () => {
    expect(findReported(runs()).filter(({ metric }) => metric === 'rows_processed')).toEqual([])
  })

  test('is judged the same after its model was saved and restored', () => {
    const rows = runs({ 800: 180 })
    const cut = 700
    const first = anomalyModel()
    first.update(stepRunsOfRows(rows.slice(0, cut), 0), 0)
    const second = anomalyModel({}, JSON.parse(JSON.stringify(first.save())))
    const found = second.update(stepRunsOfRows(rows.slice(cut), 0), 0)
    expect(found.filter(({ detector }) => detector === 'burst')).toHaveLength(1)
  })
})

test('the first run after a night without runs is not a burst', () => {
  const office = Array.from({ length: 60 * 24 }, (_, at) => at)
    .filter((at) => at % 24 >= 8 && at % 24 < 18)
    .map((at) =>
      runAt(
        FIRST_MS + at * HOUR_MS,
        rowsOf(at % 24 === 8 ? 20_000 + 20_000 * (noise[at] ?? 0) : 1000 + 500 * (noise[at] ?? 0)),
      ),
    )
  expect(findReported(office).filter(({ detector }) => detector === 'burst')).toEqual([])
})

test('a step that runs each day is not judged by bursts', () => {
  const daily = Array.from({ length: 200 }, (_, at) =>
    runAt(FIRST_MS + at * DAY_MS, rowsOf(at === 150 ? 5000 : usual(at))),
  )
  expect(findReported(daily).filter(({ detector }) => detector === 'burst')).toEqual([])
})
