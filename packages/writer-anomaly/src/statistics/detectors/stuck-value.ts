import { scoreOfLogTail } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'

interface Memory {
  last: number | null
  run: number
  points: number
  repeats: number
}

/**
 * Judges a value that repeats although the series used to vary. Zero may repeat. Silent for the first 10 points, and for fewer than 5 equal values.
 */
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
    // The current streak is what is judged, so it does not count towards the usual rate of repeats.
    const before = points - (run - 1)
    if (before < 10 || run < 5 || value === 0) return 0
    const usual = (repeats - (isRepeat ? run - 2 : 0) + 1) / (before + 2)
    return scoreOfLogTail((run - 1) * Math.log10(Math.min(1, usual)))
  },
})
