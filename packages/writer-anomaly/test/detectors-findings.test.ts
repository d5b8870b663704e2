import {
  betaBinomial,
  cusum,
  type DetectorFactory,
  ensemble,
  ewma,
  holtWinters,
  iqrFences,
  levelShift,
  negativeBinomial,
  newExtreme,
  rateOfChange,
  robustZ,
  seasonal,
  stuckValue,
  trend,
  variance,
  zScore,
} from '@forge/writer-anomaly/statistics'
import { expect, test } from 'vitest'

const HOUR_MS = 3_600_000

interface Case {
  readonly make: DetectorFactory
  readonly finds: string
  /** The history, then what must be found in it. */
  readonly usual: readonly number[]
  readonly odd: readonly number[]
  /** What follows the history in a series in which nothing is to be found. */
  readonly even: readonly number[]
  /** A score that `odd` must reach and `even` must not. */
  readonly at?: number
}

/** Deviations of a standard normal, the same each time. */
function noise(count: number, seed = 1): number[] {
  let state = seed
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  return Array.from({ length: count }, () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()))
}

const around = (level: number, spread: number, count: number, seed?: number) =>
  noise(count, seed).map((z) => level + spread * z)

const counts = (level: number, count: number, seed?: number) =>
  noise(count, seed).map((z) => Math.max(0, Math.round(level + Math.sqrt(level) * z)))

/** Quiet nights and busy days. */
const days = (count: number, seed?: number) => around(0, 3, count, seed).map((z, i) => z + (i % 24 < 12 ? 100 : 500))

const spike = { usual: around(100, 5, 120), odd: [170], even: [104] }

const CASES: readonly Case[] = [
  { make: ensemble, finds: 'a spike', usual: around(100, 5, 400), odd: [200], even: around(100, 5, 60, 7) },
  { make: betaBinomial, finds: 'a falling rate', usual: around(0.97, 0.01, 60), odd: [0.5], even: [0.95] },
  {
    make: cusum,
    finds: 'a small shift',
    usual: around(100, 5, 120),
    odd: around(110, 5, 30, 3),
    even: around(100, 5, 30),
  },
  { make: ewma, finds: 'a spike', ...spike },
  { make: holtWinters, finds: 'a busy night', usual: days(480), odd: [500], even: [100] },
  { make: iqrFences, finds: 'a spike', ...spike },
  {
    make: levelShift,
    finds: 'a new level',
    usual: around(100, 5, 80),
    odd: around(150, 5, 5),
    even: [150, 100, 100, 100, 100],
  },
  { make: negativeBinomial, finds: 'a burst', usual: counts(4, 120), odd: [40], even: [9] },
  { make: newExtreme, finds: 'a record', usual: around(100, 5, 120), odd: [200], even: [111] },
  { make: rateOfChange, finds: 'a jump', usual: around(100, 5, 120), odd: [180], even: [106] },
  { make: robustZ, finds: 'a spike', ...spike },
  { make: seasonal, finds: 'a busy night', usual: days(480), odd: [500], even: [100] },
  {
    make: stuckValue,
    finds: 'a repeated value',
    usual: around(100, 5, 60),
    odd: [5, 5, 5, 5, 5, 5],
    even: [5, 5, 6, 5, 6],
  },
  {
    make: trend,
    finds: 'a drift',
    usual: around(100, 5, 60),
    odd: noise(30).map((z, i) => 100 + 4 * i + 5 * z),
    even: around(100, 5, 30, 5),
  },
  {
    make: variance,
    finds: 'a wider spread',
    usual: around(100, 5, 120),
    odd: around(100, 40, 16, 3),
    even: around(100, 5, 16, 3),
  },
  { make: zScore, finds: 'a spike', ...spike },
]

for (const { make, finds, usual, odd, even, at = 0.9 } of CASES) {
  const { name } = make()
  const highest = (tail: readonly number[]) => {
    const detector = make()
    const scores = [...usual, ...tail].map((value, i) => detector.update({ value, timeMs: i * HOUR_MS }))
    return Math.max(...scores.slice(usual.length))
  }

  test(`${name} finds ${finds}`, () => {
    expect(highest(odd)).toBeGreaterThan(at)
  })

  test(`${name} lets pass what is usual`, () => {
    expect(highest(even)).toBeLessThan(at)
  })
}
