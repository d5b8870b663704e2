import { scoreOfLogTail } from '../statistics/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'

interface Memory {
  last: number | null
  run: number
  points: number
  repeats: number
}

/** One value again and again where the series used to vary. Zero may repeat. Silent for the first 10 and below 5 alike. */
export const stuckValue: DetectorFactory = defineDetector<Memory>({
  name: 'stuck-value',
  version: 1,
  start: () => ({ last: null, run: 0, points: 0, repeats: 0 }),
  update: (memory, { value }) => {
    const isRepeat = value === memory.last
    memory.run = isRepeat ? memory.run + 1 : 1
    memory.last = value
    const { points, repeats, run } = memory
    memory.points += 1
    if (isRepeat) memory.repeats += 1
    // The running streak is what is judged, so it stays out of the usual rate of repeats.
    const before = points - (run - 1)
    if (before < 10 || run < 5 || value === 0) return 0
    const usual = (repeats - (isRepeat ? run - 2 : 0) + 1) / (before + 2)
    return scoreOfLogTail((run - 1) * Math.log10(Math.min(1, usual)))
  },
})
