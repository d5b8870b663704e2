import { type DetectorFactory, defineDetector } from './detector.ts'

/** Judges how far a value lies outside all that the series has shown, as a share of its range. Silent for the first 5. */
export const newExtreme: DetectorFactory = defineDetector<{ count: number; low: number; high: number }>({
  name: 'new-extreme',
  version: 1,
  start: () => ({ count: 0, low: 0, high: 0 }),
  update: (memory, { value }) => {
    const { count, low, high } = memory
    memory.count += 1
    memory.low = count === 0 ? value : Math.min(low, value)
    memory.high = count === 0 ? value : Math.max(high, value)
    const outside = Math.max(low - value, value - high, 0)
    if (count < 5 || outside === 0) return 0
    const range = Math.max(high - low, Number.MIN_VALUE)
    // A new record alone is evidence; the jump beyond the old one measures its size.
    return 0.5 + 0.5 * (1 - Math.exp((-4 * outside) / range))
  },
})
