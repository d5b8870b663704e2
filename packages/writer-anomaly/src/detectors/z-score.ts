import { mean, standardDeviation } from 'simple-statistics'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf, type Recent, remember } from './recent.ts'
import { scoreOfZ } from './tail.ts'

/** Distance from the mean of the last 200 values, in standard deviations. Silent for the first 5. */
export const zScore: DetectorFactory = defineDetector<{ recent: Recent }>({
  name: 'z-score',
  version: 1,
  start: () => ({ recent: [] }),
  update: ({ recent }, { value }) => {
    let score = 0
    if (recent.length >= 5) {
      const center = mean(recent)
      score = scoreOfZ((value - center) / Math.max(standardDeviation(recent), floorOf(center)))
    }
    remember(recent, value, 200)
    return score
  },
})
