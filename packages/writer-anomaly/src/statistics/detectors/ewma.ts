import { scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf } from './window.ts'

/** Judges the distance from an exponentially weighted mean (weight 0.1), in deviations with the same weights. Silent for the first 10. */
export const ewma: DetectorFactory = defineDetector<{ count: number; mean: number; variance: number }>({
  name: 'ewma',
  version: 1,
  start: () => ({ count: 0, mean: 0, variance: 0 }),
  update: (memory, { value }) => {
    const error = value - memory.mean
    const sigma = Math.max(Math.sqrt(memory.variance), floorOf(memory.mean))
    const score = memory.count >= 10 ? scoreOfZ(error / sigma) : 0
    // The first values are weighted by their number, so that the start is an average instead of the first value.
    const weight = Math.max(0.1, 1 / (memory.count + 1))
    memory.mean += weight * error
    memory.variance = (1 - weight) * (memory.variance + weight * error * error)
    memory.count += 1
    return score
  },
})
