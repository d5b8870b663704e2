import { logCountTail } from '../../probability/distributions.ts'
import { scoreOfLogTail } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'

interface Memory {
  count: number
  mean: number
  variance: number
}

/** The weight of the newest count in the memory, once 50 were seen. */
const WEIGHT = 0.02

/**
 * Judges how improbable a count is under a negative binomial with the series' own mean and spread; under a Poisson if it does not spread more than
 * that. Values that are not counts (negative or with a fraction) score 0 and are not learned. Silent for the first 8.
 */
export const negativeBinomial: DetectorFactory = defineDetector<Memory>({
  name: 'negative-binomial',
  version: 1,
  start: () => ({ count: 0, mean: 0, variance: 0 }),
  update: (memory, { value }) => {
    if (value < 0 || !Number.isSafeInteger(value)) return 0
    const spread = spreadOf(memory)
    const score = memory.count < 8 ? 0 : scoreOfLogTail(logTailOf(memory, spread, value))
    // An outlier counts as six deviations: an incident must not become the baseline at once.
    const reach = memory.count < 8 ? Number.POSITIVE_INFINITY : 6 * Math.sqrt(spread)
    const miss = Math.max(-reach, Math.min(reach, value - memory.mean))
    memory.count += 1
    const weight = Math.max(WEIGHT, 1 / memory.count)
    memory.mean += weight * miss
    memory.variance = (1 - weight) * (memory.variance + weight * miss * miss)
    return score
  },
})

/** Returns the variance of the next count: at least that of a Poisson, wider while the mean itself is uncertain. */
function spreadOf({ count, mean, variance }: Memory): number {
  return Math.max(mean, variance, 0.05) * (1 + 3 / Math.min(count + 1, 1 / WEIGHT))
}

/** Returns twice the smaller tail, as a two-sided test. */
function logTailOf({ mean }: Memory, spread: number, value: number): number {
  const level = Math.max(mean, 0.05)
  return Math.min(0, logCountTail(value, level, spread) + Math.log10(2))
}
