import { mean, medianSorted } from 'simple-statistics'
import { type Distance, defineDistance } from './distance.ts'
import { emptyWindow, remember, type Window } from './window.ts'

interface Memory {
  block: number[]
  readonly logs: Window
}

const BLOCK = 48
const REMEMBERED = 100
const MIN_BLOCKS = 6

/** Measures the distance of the logarithm of a block's deviation from the median of the last 100 blocks': livelier or calmer than usual. */
export const spread: Distance = defineDistance<Memory>({
  points: BLOCK,
  start: () => ({ block: [], logs: emptyWindow() }),
  measure: (memory, { value }) => {
    memory.block.push(value)
    if (memory.block.length < BLOCK) return null
    const { logs } = memory
    const log = logDeviation(memory.block)
    memory.block = []
    const distance = logs.sorted.length < MIN_BLOCKS ? null : Math.abs(log - medianSorted(logs.sorted))
    remember(logs, log, REMEMBERED)
    return distance
  },
})

/** Returns the logarithm of the deviation plus a thousandth of the mean, so that the first ripple of a flat series is not infinitely surprising. */
function logDeviation(block: readonly number[]): number {
  const center = mean([...block])
  const variance = block.reduce((sum, value) => sum + (value - center) ** 2, 0) / block.length
  return Math.log(Math.sqrt(variance) + 1e-3 * Math.abs(center) + 1e-9)
}
