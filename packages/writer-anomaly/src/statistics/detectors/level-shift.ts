import { scoreOfLogTail, scoreOfZ } from '../../probability/normal-tail.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { emptyWindow, remember, robustSpread, type Window } from './window.ts'

interface Memory {
  base: Window
  /** The newest values, which are not part of the base yet. */
  latest: number[]
}

const LATEST = 5
/** The evidence from which the new level becomes the normal one. */
const SETTLED = scoreOfLogTail(-8)

/**
 * Judges whether the last 5 values lie all on one side of the 100 before them, by the nearest of the five, so that a spike does not count. A clear
 * shift is reported once: the five become the new base. Silent for the first 15.
 */
export const levelShift: DetectorFactory = defineDetector<Memory>({
  name: 'level-shift',
  version: 1,
  start: () => ({ base: emptyWindow(), latest: [] }),
  update: (memory, { value }) => {
    memory.latest.push(value)
    if (memory.latest.length < LATEST) return 0
    const score = memory.base.sorted.length < 10 ? 0 : scoreOfShift(memory)
    if (score >= SETTLED) {
      memory.base = emptyWindow()
      for (const settled of memory.latest) remember(memory.base, settled, 100)
      memory.latest = []
      return score
    }
    const oldest = memory.latest.shift()
    if (oldest !== undefined) remember(memory.base, oldest, 100)
    return score
  },
})

function scoreOfShift({ base, latest }: Memory): number {
  const { center, sigma } = robustSpread(base.sorted)
  const above = Math.min(...latest) - center
  const below = center - Math.max(...latest)
  return scoreOfZ((Math.max(above, below, 0) / sigma) * Math.sqrt(LATEST))
}
