/** The bounds around observed values. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

export interface Seen extends Bounds {
  readonly p01: number
  readonly p99: number
}

/** The limits that values can never exceed, whatever was observed. */
export interface Limits {
  readonly min?: number | undefined
  readonly max?: number | undefined
}

/**
 * Returns bounds with margins, narrow ones first: half the spread of the middle 98 % beyond it on both sides, then a fifth of the whole span beyond
 * the extremes. They are rounded outwards to two digits, never below 0 if nothing below was seen, and never beyond `limits`.
 */
export function boundsAround({ min, max, p01, p99 }: Seen, limits: Limits = {}): Bounds[] {
  const middle = (p99 - p01) / 2
  const span = (max - min) / 5
  const lowest = Math.max(limits.min ?? Number.NEGATIVE_INFINITY, min >= 0 ? 0 : Number.NEGATIVE_INFINITY)
  const highest = limits.max ?? Number.POSITIVE_INFINITY
  return [
    { min: p01 - middle, max: p99 + middle },
    { min: min - span, max: max + span },
  ].map((bounds) => ({
    min: Math.max(lowest, roundedDown(bounds.min)),
    max: Math.min(highest, -roundedDown(-bounds.max)),
  }))
}

const DIGITS = 2

function roundedDown(value: number): number {
  if (value === 0) return 0
  const exponent = Math.floor(Math.log10(Math.abs(value))) + 1 - DIGITS
  // Division by a power of ten is exact; multiplication by its inverse is not.
  const rounded =
    exponent < 0
      ? Math.floor(value * 10 ** -exponent) / 10 ** -exponent
      : Math.floor(value / 10 ** exponent) * 10 ** exponent
  return Math.min(rounded, value) + 0
}
