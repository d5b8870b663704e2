/** A figure, and the scale on which equal distances mean equal surprise. */
export interface Metric {
  readonly name: 'duration_secs' | 'rows_processed' | 'validation_rate' | 'write_ratio'
  readonly unit: string
  /** True if the figure may follow the calendar. */
  readonly seasonal: boolean
  readonly toScale: (value: number) => number
  readonly fromScale: (scaled: number) => number
  /** Returns the minimum spread, on the scale, for an expected value; `trials` is the number of which a share is taken. */
  readonly floor: (expected: number, trials: number) => number
}

/** The duration in seconds below which a step is mostly overhead. */
const OVERHEAD_SECS = 0.1

export const DURATION: Metric = {
  name: 'duration_secs',
  unit: 's',
  seasonal: true,
  toScale: (seconds) => Math.log(seconds + OVERHEAD_SECS),
  fromScale: (scaled) => Math.max(0, Math.exp(scaled) - OVERHEAD_SECS),
  floor: () => 0.05,
}

export const ROWS: Metric = {
  name: 'rows_processed',
  unit: 'rows',
  seasonal: true,
  toScale: Math.log1p,
  fromScale: (scaled) => Math.max(0, Math.expm1(scaled)),
  // A count of independent events varies by its root.
  floor: (expected) => Math.max(0.05, 1 / Math.sqrt(1 + Math.max(0, expected))),
}

/** The share of invalid rows, as the arcsine of its root, which makes its spread the same at every level. */
export const VALIDATION: Metric = {
  name: 'validation_rate',
  unit: '%',
  seasonal: false,
  toScale: (percent) => Math.asin(Math.sqrt(Math.min(1, Math.max(0, 1 - percent / 100)))),
  fromScale: (scaled) => 100 * (1 - Math.sin(Math.min(Math.PI / 2, Math.max(0, scaled))) ** 2),
  floor: (_expected, trials) => Math.max(0.01, trials > 0 ? 0.5 / Math.sqrt(trials) : 0.01),
}

export const WRITE_RATIO: Metric = {
  name: 'write_ratio',
  unit: '',
  seasonal: false,
  toScale: (ratio) => Math.log(ratio + 0.001),
  fromScale: (scaled) => Math.max(0, Math.exp(scaled) - 0.001),
  floor: (_expected, trials) => Math.max(0.005, trials > 0 ? 1 / Math.sqrt(trials) : 0.005),
}
