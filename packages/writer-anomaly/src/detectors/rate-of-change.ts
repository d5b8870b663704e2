import { median } from 'simple-statistics'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf, type Recent, remember } from './recent.ts'
import { scoreOfZ } from './tail.ts'

/** Size of the step from the value before, beside the usual size of steps over the last 101. Silent for the first 10. */
export const rateOfChange: DetectorFactory = defineDetector<{ last: number | null; steps: Recent }>({
  name: 'rate-of-change',
  version: 1,
  start: () => ({ last: null, steps: [] }),
  update: (memory, { value }) => {
    const { last, steps } = memory
    memory.last = value
    if (last === null) return 0
    const step = Math.abs(value - last)
    const score = steps.length >= 10 ? scoreOfZ(step / Math.max(1.4826 * median(steps), floorOf(last))) : 0
    remember(steps, step, 101)
    return score
  },
})
