import { describe, expect, test } from 'vitest'
import { scoreOfLogTail } from '../src/probability/normal-tail.ts'
import { daily, dayRow, wobble } from './daily-rows.ts'
import { findAnomalies, findReported } from './find-anomalies.ts'

const severities = (rows: Parameters<typeof findReported>[0], options: Parameters<typeof findReported>[1] = {}) =>
  findReported(rows, options).map(({ type, severity }) => [type, severity])

test('a score says how rare the evidence is: 0.9 at one in ten thousand, 0.99 at one in a hundred million', () => {
  expect(scoreOfLogTail(-4)).toBeCloseTo(0.9, 10)
  expect(scoreOfLogTail(-8)).toBeCloseTo(0.99, 10)
  expect(scoreOfLogTail(-400)).toBe(scoreOfLogTail(-12))
  const scores = [200, 240, 300, 412].map(
    (duration_secs) => findReported([...daily(40), dayRow(40, { duration_secs })])[0]?.score ?? 0,
  )
  expect(scores).toEqual(scores.toSorted())
  expect(scores[0]).toBeGreaterThan(0.89)
})

describe('a change', () => {
  const noisy = (day: number) => ({ duration_secs: 118 * wobble(day, 0.12) })

  test('of twice what matters and far out is an error, else a warning', () => {
    expect(severities([...daily(40), dayRow(40, { duration_secs: 412 })])).toEqual([['duration_spike', 'error']])
    expect(severities([...daily(50, noisy), dayRow(50, { duration_secs: 230 })])).toEqual([
      ['duration_spike', 'warning'],
    ])
  })

  test('of less than the minimum, which only a higher sensitivity reports, is information', () => {
    expect(severities([...daily(50), dayRow(50, { duration_secs: 165 })], { sensitivity: 2 })).toEqual([
      ['duration_spike', 'info'],
    ])
  })

  test('is at most a warning if little is known', () => {
    expect(severities([...daily(10), dayRow(10, { duration_secs: 5000 })])).toEqual([['duration_spike', 'warning']])
  })
})

describe('three warnings in a row', () => {
  const slow = (days: readonly number[]) => (day: number) =>
    days.includes(day) ? { duration_secs: 230 } : { duration_secs: 118 * wobble(day, 0.12) }
  const findOn = (days: readonly number[]) =>
    findAnomalies(daily(70, slow(days)))
      .filter(({ type }) => type === 'duration_spike')
      .map(({ runId, severity, suppressedBy }) => [runId, severity, suppressedBy])

  test('are an error, which is reported although the first was reported', () => {
    expect(findOn([50, 51, 52])).toEqual([
      ['run-50', 'warning', undefined],
      ['run-51', 'warning', 'cooldown'],
      ['run-52', 'error', undefined],
    ])
  })

  test('with a good run between them are warnings', () => {
    expect(findOn([50, 51, 53]).map(([, severity]) => severity)).toEqual(['warning', 'warning', 'warning'])
  })
})

describe('validation', () => {
  test('is critical below 50 % and after a drop of 20 points, an error below 90 %', () => {
    const rate = (validation_rate: number) => severities([...daily(40), dayRow(40, { validation_rate })])
    expect(rate(49)).toEqual([['validation_rate_drop', 'critical']])
    expect(rate(78)).toEqual([['validation_rate_drop', 'critical']])
    expect(rate(88)).toEqual([['validation_rate_drop', 'error']])
  })

  test('that gets worse is reported again at once', () => {
    const worse = [dayRow(40, { validation_rate: 88 }), dayRow(41, { validation_rate: 40 })]
    expect(severities([...daily(40), ...worse]).map(([, severity]) => severity)).toEqual(['error', 'critical'])
  })
})
