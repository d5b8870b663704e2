import { mean, median, medianAbsoluteDeviation, standardDeviation } from 'simple-statistics'

/** Returns the series with mean 0 and deviation 1; null if it does not vary. */
export function standardise(values: readonly number[]): number[] | null {
  if (values.length === 0) return null
  const center = mean([...values])
  const deviation = standardDeviation([...values])
  if (!(deviation > 1e-12 * Math.max(1e-12, Math.abs(center)))) return null
  return values.map((value) => (value - center) / deviation)
}

/** Replaces a single value far (5 sigma) from the median of its five neighbours by that median, if the neighbours are calm: it is not a change. */
export function withoutSpikes(values: readonly number[]): number[] {
  const noise = noiseOf(values)
  return values.map((value, index) => {
    const usual = median(values.slice(Math.max(0, index - 2), index + 3))
    const distance = Math.abs(value - usual)
    if (distance <= 5 * noise) return value
    const around = values.slice(Math.max(0, index - 7), index + 8)
    return distance > 5 * 1.4826 * medianAbsoluteDeviation(around) ? usual : value
  })
}

/** Returns the deviation of the noise, estimated from the steps between neighbours, so that levels and trends do not count. */
export function noiseOf(values: readonly number[]): number {
  if (values.length < 2) return 0
  return (1.4826 * median(steps(values, 1).map(Math.abs))) / Math.SQRT2
}

/**
 * Returns the correlation of neighbours in the noise, 0-0.9 (more would explain any change away), estimated from steps over one and over two points;
 * a few changes of level do not affect it.
 */
export function autocorrelation(values: readonly number[]): number {
  if (values.length < 4) return 0
  const [one, two] = [1, 2].map((lag) => median(steps(values, lag).map((step) => step * step)))
  return one && two ? Math.max(0, Math.min(0.9, two / one - 1)) : 0
}

/** Returns the part of each value that its predecessor does not predict. */
export function whiten(values: readonly number[], correlation: number): number[] {
  return values.map((value, index) => {
    const before = values[index - 1]
    return before === undefined ? value * Math.sqrt(1 - correlation ** 2) : value - correlation * before
  })
}

function steps(values: readonly number[], lag: number): number[] {
  return values.slice(lag).map((value, index) => value - (values[index] ?? value))
}
