import { scoreOfLogTail } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { emptyWindow, remember, robustSpread, type Window } from './window.ts'

interface Memory {
  readonly window: Window
  up: number
  down: number
}

/** Judges Page's cumulative sums of robust deviations (allowance 0.5 sigma), which find small shifts that last. Silent for the first 20. */
export const cusum: DetectorFactory = defineDetector<Memory>({
  name: 'cusum',
  version: 2,
  start: () => ({ window: emptyWindow(), up: 0, down: 0 }),
  update: (memory, { value }) => {
    let score = 0
    if (memory.window.sorted.length >= 20) {
      const { center, sigma } = robustSpread(memory.window.sorted)
      // One outlier must not look like a lasting shift.
      const z = Math.max(-4, Math.min(4, (value - center) / sigma))
      memory.up = Math.min(50, Math.max(0, memory.up + z - 0.5))
      memory.down = Math.min(50, Math.max(0, memory.down - z - 0.5))
      // Without a shift, the stationary tail of the sum falls as exp(-2 k h) with allowance k = 0.5.
      score = scoreOfLogTail(-Math.max(memory.up, memory.down) / Math.LN10)
    }
    remember(memory.window, value, 200)
    return score
  },
})
