import { logTail } from '../detectors/tail.ts'

/** Student's t as a normal z of the same tail (Wallace): a scale taken from few values makes large distances less rare. */
export function normalOfStudent(t: number, degrees: number): number {
  const z = ((8 * degrees + 1) / (8 * degrees + 3)) * Math.sqrt(degrees * Math.log1p((t * t) / degrees))
  return t < 0 ? -z : z
}

/** z whose two-sided normal tail is 10^log10p. */
export function zOfLogTail(log10p: number): number {
  let low = 0
  let high = 60
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2
    if (logTail(middle) > log10p) low = middle
    else high = middle
  }
  return low
}

/** log10 of the chance of `k` or more successes in `n` trials of probability `p`. */
export function logBinomialTail(k: number, n: number, p: number): number {
  if (k <= 0) return 0
  if (p <= 0) return Number.NEGATIVE_INFINITY
  let term = logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p)
  let sum = 0
  for (let at = k; at <= n; at++) {
    sum += Math.exp(term)
    term += Math.log((n - at) / (at + 1)) + Math.log(p / (1 - p))
  }
  return Math.min(0, Math.log10(sum))
}

/**
 * log10 of the chance of a count at least as far from `mean` on its side as `count`: negative binomial where the variance exceeds the mean,
 * Poisson where not.
 */
export function logCountTail(count: number, mean: number, variance: number): number {
  const size = variance > mean * 1.01 ? (mean * mean) / (variance - mean) : 1e9
  const p = size / (size + mean)
  let probability = Math.exp(size >= 1e9 ? -mean : size * Math.log(p))
  let below = 0
  const last = Math.floor(count)
  for (let k = 0; k < last; k++) {
    below += probability
    probability *= size >= 1e9 ? mean / (k + 1) : ((k + size) / (k + 1)) * (1 - p)
  }
  const tail = count < mean ? below + probability : Math.max(1 - below, probability)
  return Math.max(-300, Math.min(0, Math.log10(tail)))
}

function logChoose(n: number, k: number): number {
  let sum = 0
  for (let at = 1; at <= k; at++) sum += Math.log((n - k + at) / at)
  return sum
}
