import { scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { emptyWindow, remember, robustSpread, type Window } from './window.ts'

/** Judges the distance from the median of the last 101 values, in scaled median absolute deviations. Silent for the first 5. */
export const robustZ: DetectorFactory = defineDetector<Window>({
  name: 'robust-z',
  version: 2,
  start: emptyWindow,
  update: (window, { value }) => {
    let score = 0
    if (window.sorted.length >= 5) {
      const { center, sigma } = robustSpread(window.sorted)
      score = scoreOfZ((value - center) / sigma)
    }
    remember(window, value, 101)
    return score
  },
})
