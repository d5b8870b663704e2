import { logIncompleteBeta } from '../../probability/distributions.ts'
import { scoreOfLogTail } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'

interface Memory {
  count: number
  /** The fading sums of tries and of successes. */
  trials: number
  hits: number
  /** The fading means of the squared standardised errors (1 if only chance is at work) and of the tries. */
  chi: number
  meanTrials: number
}

const DEFAULT_TRIALS = 100
const WEIGHT = 0.02

/**
 * Judges how improbable a rate (0-1) is for its number of tries, under a beta-binomial with the series' own rate and spread. `trials` of the point,
 * default 100. Values outside 0-1 score 0 and are not learned. Silent for the first 5.
 */
export const betaBinomial: DetectorFactory = defineDetector<Memory>({
  name: 'beta-binomial',
  version: 1,
  start: () => ({ count: 0, trials: 0, hits: 0, chi: 1, meanTrials: 0 }),
  update: (memory, { value, trials = DEFAULT_TRIALS }) => {
    if (value < 0 || value > 1 || !(trials >= 1 && trials < Number.POSITIVE_INFINITY)) return 0
    const rate = (memory.hits + 0.5) / (memory.trials + 1)
    const score = memory.count < 5 ? 0 : scoreOfLogTail(logTailOf(memory, rate, value, trials))
    learn(memory, rate, value, trials)
    return score
  },
})

/** Returns twice the smaller tail, by the beta distribution of the same mean and variance as the rate of this many tries. */
function logTailOf(memory: Memory, rate: number, value: number, trials: number): number {
  const precision = precisionOf(memory)
  const variance = ((rate * (1 - rate)) / trials) * ((precision + trials) / (precision + 1))
  const size = (rate * (1 - rate)) / variance - 1
  const a = Math.max(rate * size, 1e-6)
  const b = Math.max((1 - rate) * size, 1e-6)
  const half = 0.5 / trials
  const tail =
    value < rate ? logIncompleteBeta(Math.min(1, value + half), a, b) : logIncompleteBeta(1 - value + half, b, a)
  return Math.min(0, tail + Math.log10(2))
}

/** Returns the number of tries that the prior of the rate is worth: few if the rate itself wanders or the history is short. */
function precisionOf({ chi, meanTrials, trials }: Memory): number {
  const wander = Math.max(0, chi - 1) / Math.max(1, meanTrials - 1)
  return Math.max(1, Math.min(wander > 0 ? 1 / wander - 1 : Number.POSITIVE_INFINITY, trials))
}

function learn(memory: Memory, rate: number, value: number, trials: number): void {
  memory.count += 1
  const keep = 1 - WEIGHT
  const weight = Math.max(WEIGHT, 1 / (memory.count + 1))
  const sigma = Math.sqrt((rate * (1 - rate)) / trials)
  // One incident may widen the spread, but must not hide the next one.
  const z = memory.count <= 5 ? 1 : Math.min(6, Math.abs(value - rate) / sigma)
  memory.chi += weight * (z * z - memory.chi)
  memory.meanTrials += weight * (trials - memory.meanTrials)
  memory.trials = keep * memory.trials + trials
  memory.hits = keep * memory.hits + trials * value
}
