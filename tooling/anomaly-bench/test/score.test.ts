import { expect, test } from 'vitest'

interface Series {
  readonly windows: readonly (readonly [number, number])[]
  readonly values: readonly number[]
}
interface Score {
  readonly score: number
  readonly threshold: number
  readonly detections: number
  readonly falseAlarms: number
}
interface Scorer {
  scoreCorpus(results: readonly { series: Series; scores: readonly number[] }[], threshold?: number): Score
}
interface ChangePointScorer {
  cover(length: number, annotations: readonly number[][], found: readonly number[]): number
  f1(annotations: readonly number[][], found: readonly number[], margin?: number): number
}

// The scorers are plain JavaScript, which a variable address keeps out of the type check.
const load = (file: string) => import(new URL(file, import.meta.url).href)
const { scoreCorpus }: Scorer = await load('../score.mjs')
const { cover, f1 }: ChangePointScorer = await load('../change-point-score.mjs')

const series: Series = { windows: [[50, 59]], values: new Array<number>(100).fill(0) }
const alarmsAt = (...rows: number[]) => series.values.map((_, i) => (rows.includes(i) ? 1 : 0))
const scoreOf = (scores: readonly number[], threshold?: number) => scoreCorpus([{ series, scores }], threshold)

test('silence scores 0 and an alarm on the first row of the only window 100', () => {
  expect(scoreOf(alarmsAt()).score).toBe(0)
  expect(scoreOf(alarmsAt(50))).toEqual({ score: 100, threshold: 1, raw: 1, detections: 1, falseAlarms: 0 })
})

test('a later alarm in the window earns less, and a second one nothing', () => {
  const late = scoreOf(alarmsAt(58)).score
  expect(late).toBeGreaterThan(50)
  expect(late).toBeLessThan(scoreOf(alarmsAt(53)).score)
  expect(scoreOf(alarmsAt(53, 58)).score).toBe(scoreOf(alarmsAt(53)).score)
})

test('a false alarm costs 0.11 of a window, half of that score, and none during the probation', () => {
  expect(scoreOf(alarmsAt(30, 50)).score).toBeCloseTo(100 - 5.5, 6)
  expect(scoreOf(alarmsAt(5, 50)).score).toBe(100)
})

test('a false alarm shortly after a window costs less than one long after', () => {
  expect(scoreOf(alarmsAt(50, 60)).score).toBeGreaterThan(scoreOf(alarmsAt(50, 95)).score)
})

test('a given threshold counts only scores that reach it', () => {
  const scores = series.values.map((_, i) => (i === 50 ? 0.6 : i === 30 ? 0.9 : 0))
  expect(scoreOf(scores, 0.7)).toMatchObject({ detections: 0, falseAlarms: 1 })
  expect(scoreOf(scores, 0.5)).toMatchObject({ detections: 1, falseAlarms: 1 })
})

test('cover is the length-weighted best overlap of the marked segments', () => {
  expect(cover(100, [[50]], [50])).toBe(1)
  expect(cover(100, [[50]], [])).toBeCloseTo(0.5, 12)
  expect(cover(100, [[50]], [60])).toBeCloseTo((50 * (50 / 60) + 50 * (40 / 50)) / 100, 12)
  expect(cover(100, [[50], []], [50])).toBeCloseTo((1 + 0.5) / 2, 12)
})

test('F1 counts the start as found, allows five points, and means recall over annotators', () => {
  expect(f1([[50]], [])).toBeCloseTo((2 * 1 * 0.5) / 1.5, 12)
  expect(f1([[50]], [55])).toBe(1)
  expect(f1([[50]], [56])).toBeCloseTo(0.5, 12)
  expect(f1([[50], []], [50])).toBe(1)
  // Two alarms cannot both count for one mark.
  expect(f1([[50]], [49, 51])).toBeCloseTo((2 * (2 / 3) * 1) / (2 / 3 + 1), 12)
})
