import { gammaln } from 'simple-statistics'

/**
 * Returns log10 of the probability of a count at least as far from `mean`, on its side, as `count`, under a negative binomial with this mean and
 * variance; under a Poisson if the variance does not exceed the mean.
 */
export function logCountTail(count: number, mean: number, variance: number): number {
  return count < mean ? logLowerCountTail(count, mean, variance) : logUpperCountTail(count, mean, variance)
}

/** Returns log10 of P(X >= k) under the same distribution. */
export function logUpperCountTail(k: number, mean: number, variance: number): number {
  if (k <= 0) return 0
  const { size, share } = shapeOf(mean, variance)
  return logIncompleteBeta(share, k, size)
}

/** Returns log10 of P(X <= k) under the same distribution. */
export function logLowerCountTail(k: number, mean: number, variance: number): number {
  const { size, share } = shapeOf(mean, variance)
  return logIncompleteBeta(1 - share, size, Math.max(0, k) + 1)
}

/** Returns log10 of the probability of `k` or more successes in `trials` tries of probability `share`. */
export function logBinomialTail(k: number, trials: number, share: number): number {
  return k <= 0 ? 0 : logIncompleteBeta(share, k, trials - k + 1)
}

/**
 * Returns log10 of the regularised incomplete beta function I_x(a, b), for a and b > 0. It is accurate even if the value itself would be 0 in a
 * double. 0 for x >= 1, -Infinity for x <= 0.
 */
export function logIncompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0) return Number.NEGATIVE_INFINITY
  if (x >= 1) return 0
  const logFront = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b)
  // The fraction converges fast on this side; symmetry gives the other side.
  const isNear = x < (a + 1) / (a + b + 2)
  const natural = isNear
    ? Math.min(0, logFront + Math.log(betaFraction(x, a, b) / a))
    : Math.log1p(-Math.min(1, Math.exp(logFront + Math.log(betaFraction(1 - x, b, a) / b))))
  return natural / Math.LN10
}

function logBeta(a: number, b: number): number {
  return gammaln(a) + gammaln(b) - gammaln(a + b)
}

/**
 * Returns the parameters of the negative binomial: mean = size * share / (1 - share). A size of a million times the mean is practically a Poisson.
 */
function shapeOf(mean: number, variance: number): { size: number; share: number } {
  const level = Math.max(mean, 1e-9)
  const size = Math.min((level * level) / Math.max(variance - level, 0), 1e6 * Math.max(1, level))
  return { size, share: level / (size + level) }
}

/** Computes the continued fraction of the incomplete beta function by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1), tiny)
  let fraction = d
  for (let m = 1; m <= 500; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d, tiny)
    c = nonZero(1 + even / c, tiny)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d, tiny)
    c = nonZero(1 + odd / c, tiny)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-12) break
  }
  return fraction
}

function nonZero(value: number, tiny: number): number {
  return Math.abs(value) < tiny ? tiny : value
}
