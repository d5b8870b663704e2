import { quantileSorted } from 'simple-statistics'
import { scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { emptyWindow, floorOf, remember, type Window } from './window.ts'

/**
 * Judges how far a value lies outside the quartiles of the last 101 values; the usual fence (1.5 ranges) is 2.7 sigma, a score of 0.71. Silent for
 * the first 8.
 */
export const iqrFences: DetectorFactory = defineDetector<Window>({
  name: 'iqr-fences',
  version: 2,
  start: emptyWindow,
  update: (window, { value }) => {
    let score = 0
    if (window.sorted.length >= 8) {
      const low = quantileSorted(window.sorted, 0.25)
      const high = quantileSorted(window.sorted, 0.75)
      const sigma = Math.max((high - low) / 1.349, floorOf((low + high) / 2))
      const outside = Math.max(low - value, value - high, 0)
      score = outside === 0 ? 0 : scoreOfZ(outside / sigma + 0.6745)
    }
    remember(window, value, 101)
    return score
  },
})
