/** Returns the logarithm (base 10) of the two-sided normal tail beyond `z`. It is accurate even if the probability itself is 0 in a double. */
export function logTail(z: number): number {
  const x = Math.abs(z) / Math.SQRT2
  // Beyond 5 the continued fraction of erfc has converged in its first terms.
  if (x > 5) return (-x * x - Math.log(x * Math.sqrt(Math.PI)) + Math.log1p(-0.5 / (x * x))) / Math.LN10
  return Math.log10(erfc(x))
}

/** Returns the score in [0, 1) of evidence: 1 - 10^(log10 p / 4), with p at least 1e-12. */
export function scoreOfLogTail(log10p: number): number {
  return 1 - 10 ** (Math.max(-12, Math.min(0, log10p)) / 4)
}

/** Returns the score in [0, 1) of a distance in standard deviations. */
export function scoreOfZ(z: number): number {
  return scoreOfLogTail(logTail(z))
}

/** Returns the z whose two-sided normal tail is 10^log10p. */
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

/** Returns the normal z with the same tail as Student's t (Wallace): if a scale is computed from few values, large distances are less rare. */
export function normalOfStudent(t: number, degrees: number): number {
  const z = ((8 * degrees + 1) / (8 * degrees + 3)) * Math.sqrt(degrees * Math.log1p((t * t) / degrees))
  return t < 0 ? -z : z
}

/** The Chebyshev fit of Numerical Recipes, lowest power first. */
const ERFC_FIT = [
  -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223,
  0.17087277,
]

/** Returns the complementary error function for x >= 0, with a relative error below 1.2e-7. */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x)
  let sum = 0
  for (let power = ERFC_FIT.length - 1; power >= 0; power -= 1) sum = sum * t + (ERFC_FIT[power] ?? 0)
  return t * Math.exp(-x * x + sum)
}
