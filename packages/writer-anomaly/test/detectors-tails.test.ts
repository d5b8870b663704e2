import { expect, test } from 'vitest'
import { logIncompleteBeta, logLowerCountTail, logUpperCountTail } from '../src/detectors/distributions.ts'
import { logTail, scoreOfZ } from '../src/detectors/tail.ts'

test('the tail of the normal distribution goes on falling where a table would stop', () => {
  expect(logTail(1.959964)).toBeCloseTo(Math.log10(0.05), 5)
  expect(logTail(8)).toBeCloseTo(Math.log10(1.2441921148543e-15), 3)
  expect(scoreOfZ(3.890592)).toBeCloseTo(0.9, 4)
})

test('tails of counts equal the sums of their probabilities', () => {
  // Poisson with mean 4.
  const poisson = Math.exp(-4) * (1 + 4 + 16 / 2 + 64 / 6)
  expect(Math.exp(logLowerCountTail(3, 4, 4))).toBeCloseTo(poisson, 5)
  expect(Math.exp(logUpperCountTail(4, 4, 4))).toBeCloseTo(1 - poisson, 5)
  // Negative binomial with one success left to wait for is geometric: P(X >= k) = share ** k.
  expect(logUpperCountTail(30, 2, 6)).toBeCloseTo(30 * Math.log(2 / 3), 8)
})

test('the incomplete beta function is exact at both ends and far out', () => {
  expect(logIncompleteBeta(0, 2, 3)).toBe(Number.NEGATIVE_INFINITY)
  expect(logIncompleteBeta(1, 2, 3)).toBe(0)
  expect(logIncompleteBeta(0.25, 1, 1)).toBeCloseTo(Math.log(0.25), 10)
  expect(logIncompleteBeta(1e-30, 3, 1)).toBeCloseTo(3 * Math.log(1e-30), 8)
})
