import { median, medianAbsoluteDeviation } from 'simple-statistics'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf, type Recent, remember } from './recent.ts'
import { scoreOfZ } from './tail.ts'

/** Distance from the median of the last 101 values, in scaled median absolute deviations. Silent for the first 5. */
export const robustZ: DetectorFactory = defineDetector<{ recent: Recent }>({
  name: 'robust-z',
  version: 1,
  start: () => ({ recent: [] }),
  update: ({ recent }, { value }) => {
    let score = 0
    if (recent.length >= 5) {
      const center = median(recent)
      score = scoreOfZ((value - center) / Math.max(1.4826 * medianAbsoluteDeviation(recent), floorOf(center)))
    }
    remember(recent, value, 101)
    return score
  },
})
