import { quantile } from 'simple-statistics'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf, type Recent, remember } from './recent.ts'
import { scoreOfZ } from './tail.ts'

/** How far a value lies outside the quartiles of the last 101 values; the usual fence (1.5 ranges) is 2.7 sigma. */
export const iqrFences: DetectorFactory = defineDetector<{ recent: Recent }>({
  name: 'iqr-fences',
  version: 1,
  start: () => ({ recent: [] }),
  update: ({ recent }, { value }) => {
    let score = 0
    if (recent.length >= 8) {
      const low = quantile(recent, 0.25)
      const high = quantile(recent, 0.75)
      const sigma = Math.max((high - low) / 1.349, floorOf((low + high) / 2))
      const outside = Math.max(low - value, value - high, 0)
      score = outside === 0 ? 0 : scoreOfZ(outside / sigma + 0.6745)
    }
    remember(recent, value, 101)
    return score
  },
})
