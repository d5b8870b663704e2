import { expect, test } from 'vitest'
import {
  logBinomialTail,
  logCountTail,
  logIncompleteBeta,
  logLowerCountTail,
  logUpperCountTail,
} from '../src/probability/distributions.ts'
import { logTail, normalOfStudent, scoreOfZ, zOfLogTail } from '../src/probability/normal-tail.ts'
import { mannKendall, theilSen } from '../src/probability/trend-test.ts'

test('the tail of the normal distribution continues to fall beyond the end of a table', () => {
  expect(logTail(1.959964)).toBeCloseTo(Math.log10(0.05), 5)
  expect(logTail(8)).toBeCloseTo(Math.log10(1.2441921148543e-15), 3)
  expect(scoreOfZ(3.890592)).toBeCloseTo(0.9, 4)
})

test('a tail has its z, and few values make a large distance less rare', () => {
  expect(zOfLogTail(logTail(4.7))).toBeCloseTo(4.7, 6)
  expect(normalOfStudent(5, 1e9)).toBeCloseTo(5, 6)
  // P(|t| > 5) with 4 degrees is 0.0074905.
  expect(10 ** logTail(normalOfStudent(5, 4))).toBeCloseTo(0.0075, 3)
})

test('tails of counts equal the sums of their probabilities', () => {
  // Poisson with mean 4.
  const poisson = Math.exp(-4) * (1 + 4 + 16 / 2 + 64 / 6)
  expect(10 ** logLowerCountTail(3, 4, 4)).toBeCloseTo(poisson, 5)
  expect(10 ** logUpperCountTail(4, 4, 4)).toBeCloseTo(1 - poisson, 5)
  expect(logCountTail(3, 4, 4)).toBe(logLowerCountTail(3, 4, 4))
  expect(logCountTail(4, 4, 4)).toBe(logUpperCountTail(4, 4, 4))
  // Negative binomial with one success left to wait for is geometric: P(X >= k) = share ** k.
  expect(logUpperCountTail(30, 2, 6)).toBeCloseTo(30 * Math.log10(2 / 3), 8)
})

test('the tail of a binomial equals the sum of its probabilities', () => {
  // At least 9 heads of 10: (10 + 1) / 1024.
  expect(10 ** logBinomialTail(9, 10, 0.5)).toBeCloseTo(11 / 1024, 10)
  expect(logBinomialTail(20, 20, 0.02)).toBeCloseTo(20 * Math.log10(0.02), 8)
  expect(logBinomialTail(0, 10, 0.5)).toBe(0)
})

test('the incomplete beta function is exact at both ends and far out', () => {
  expect(logIncompleteBeta(0, 2, 3)).toBe(Number.NEGATIVE_INFINITY)
  expect(logIncompleteBeta(1, 2, 3)).toBe(0)
  expect(logIncompleteBeta(0.25, 1, 1)).toBeCloseTo(Math.log10(0.25), 10)
  expect(logIncompleteBeta(1e-30, 3, 1)).toBeCloseTo(-90, 8)
})

test('a trend is a matter of order, and its slope one of the middle pair', () => {
  // 45 rising pairs of 45: (45 - 1) / sqrt(10 * 9 * 25 / 18).
  expect(mannKendall([1, 2, 3, 4, 5, 6, 7, 8, 9, 1e6])).toBeCloseTo(44 / Math.sqrt(125), 10)
  expect(mannKendall([5, 5, 5, 5])).toBe(0)
  // Values 1, 1, 2: two rising pairs, variance (66 - 18) / 18.
  expect(mannKendall([1, 1, 2])).toBeCloseTo(1 / Math.sqrt(48 / 18), 10)
  expect(theilSen([0, 2, 4, 6, 1000, 10])).toBeCloseTo(2, 10)
})
