import { medianSorted } from 'simple-statistics'
import { scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { emptyWindow, floorOf, remember, type Window } from './window.ts'

interface Memory {
  last: number | null
  readonly steps: Window
}

/** Judges the size of the step from the value before by the usual size of steps over the last 101. Silent for the first 10. */
export const rateOfChange: DetectorFactory = defineDetector<Memory>({
  name: 'rate-of-change',
  version: 2,
  start: () => ({ last: null, steps: emptyWindow() }),
  update: (memory, { value }) => {
    const { last, steps } = memory
    memory.last = value
    if (last === null) return 0
    const step = Math.abs(value - last)
    const isReady = steps.sorted.length >= 10
    const score = isReady ? scoreOfZ(step / Math.max(1.4826 * medianSorted(steps.sorted), floorOf(last))) : 0
    remember(steps, step, 101)
    return score
  },
})
