import { expect, test } from 'vitest'
import { clock } from '../src/statistics/detectors/clock.ts'
import type { Distance } from '../src/statistics/detectors/distance.ts'
import { level } from '../src/statistics/detectors/level.ts'
import { novelty } from '../src/statistics/detectors/novelty.ts'
import { spread } from '../src/statistics/detectors/spread.ts'
import { learnDistance, noExtremes, surprise } from '../src/statistics/detectors/surprise.ts'

const HOUR_MS = 3_600_000

const distances = (distance: Distance, values: readonly number[]) => {
  const memory = distance.start()
  return values.map((value, i) => distance.measure(memory, { value, timeMs: i * HOUR_MS }))
}

const teeth = (count: number) => Array.from({ length: count }, (_, i) => i % 12)

test('a shape that was never seen is far, and one that was is near', () => {
  const near = distances(novelty({ points: 4, by: 'mean' }), teeth(240))
  const far = distances(novelty({ points: 4, by: 'mean' }), [...teeth(228), ...teeth(12).reverse()])
  expect(near.at(-1)).toBe(0)
  expect(far.at(-1)).toBeGreaterThan(5)
})

test('a block is judged once, when it is full', () => {
  const judged = distances(novelty({ points: 4, by: 'spike' }), teeth(24))
  expect(judged.map((distance) => distance !== null)).toEqual(judged.map((_, i) => i % 4 === 3))
})

test('a single spike is lost in no block', () => {
  const values = [...new Array<number>(60).fill(1), 1, 50, 1, 1]
  expect(distances(novelty({ points: 4, by: 'spike' }), values).at(-1)).toBeGreaterThan(40)
  expect(distances(novelty({ points: 4, by: 'mean' }), values).at(-1)).toBeLessThan(20)
})

test('what happened once before is new only to those who ask for two neighbours', () => {
  const quiet = new Array<number>(60).fill(0)
  const values = [...quiet, 9, 9, 9, 9, ...quiet, 9, 9, 9, 9]
  expect(distances(novelty({ points: 4, by: 'mean', neighbours: 1 }), values).at(-1)).toBe(0)
  expect(distances(novelty({ points: 4, by: 'mean', neighbours: 2 }), values).at(-1)).toBeGreaterThan(4)
})

test('the level is as far out as the last six points', () => {
  const usual = Array.from({ length: 120 }, (_, i) => 10 + (i % 2))
  expect(distances(level, [...usual, 30]).at(-1)).toBeCloseTo(10 / 3, 6)
  expect(distances(level, [...usual, ...new Array<number>(6).fill(30)]).at(-1)).toBeGreaterThan(19)
})

test('a calm block is as far as a lively one', () => {
  const usual = Array.from({ length: 480 }, (_, i) => 100 + 10 * (i % 2))
  const calm = distances(spread, [...usual, ...usual.slice(0, 48).map((value) => 100 + (value - 100) / 8)])
  const lively = distances(spread, [...usual, ...usual.slice(0, 48).map((value) => 100 + (value - 100) * 8)])
  expect(calm.at(-1)).toBeGreaterThan(1.5)
  expect(lively.at(-1)).toBeGreaterThan(1.5)
  expect(distances(spread, usual).at(-1)).toBe(0)
})

test('a value is judged by its hour, and an hour more or less does not matter', () => {
  const day = Array.from({ length: 24 }, (_, hour) => (hour === 12 ? 100 : 0))
  const days = Array.from({ length: 20 }, () => day).flat()
  const at = (hour: number) =>
    distances(clock({ cycleMs: 24 * HOUR_MS, phases: 24 }), [...days, ...new Array<number>(hour).fill(0), 100]).at(-1)
  expect(at(12)).toBeLessThan(10)
  expect(at(13)).toBeLessThan(10)
  expect(at(3)).toBeGreaterThan(80)
})

test('a point without a time has no hour', () => {
  const hours = clock({ cycleMs: 24 * HOUR_MS, phases: 24 })
  expect(hours.measure(hours.start(), { value: 1, timeMs: Number.NaN })).toBeNull()
})

test('surprise is the logarithm of one in how many points', () => {
  const extremes = noExtremes()
  for (let i = 1; i <= 1000; i += 1) learnDistance(extremes, i, 1)
  expect(surprise(extremes, 960)).toBeCloseTo(Math.log10(1001 / 42), 6)
  expect(surprise(extremes, 2000)).toBeGreaterThan(6)
  expect(surprise(extremes, 0)).toBe(0)
})

test('a heavy tail is less surprised by the same multiple than a light one', () => {
  const light = noExtremes()
  const heavy = noExtremes()
  for (let i = 1; i <= 2000; i += 1) {
    const share = ((i * 7919) % 2003) / 2003
    learnDistance(light, -Math.log(1 - share), 1)
    learnDistance(heavy, (1 - share) ** -0.5, 1)
  }
  const tenth = (extremes: typeof light) => 3 * (extremes.largest.at(-1) ?? 0)
  expect(surprise(heavy, tenth(heavy))).toBeLessThan(surprise(light, tenth(light)))
})

test('what is remembered of distances stays small', () => {
  const extremes = noExtremes()
  for (let i = 0; i < 50_000; i += 1) learnDistance(extremes, (i * 7919) % 10_007, 1)
  expect(extremes.largest.length).toBeLessThanOrEqual(128)
  expect(extremes.points).toBeLessThan(4096)
  expect(surprise(extremes, 10_006)).toBeGreaterThan(2)
})
