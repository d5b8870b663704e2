import { mean, standardDeviation } from 'simple-statistics'
import { scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf } from './window.ts'

/** Judges the distance from the mean of the last 200 values, in standard deviations. Silent for the first 5. */
export const zScore: DetectorFactory = defineDetector<{ recent: number[] }>({
  name: 'z-score',
  version: 1,
  start: () => ({ recent: [] }),
  update: ({ recent }, { value }) => {
    let score = 0
    if (recent.length >= 5) {
      const center = mean(recent)
      score = scoreOfZ((value - center) / Math.max(standardDeviation(recent), floorOf(center)))
    }
    recent.push(value)
    if (recent.length > 200) recent.shift()
    return score
  },
})
