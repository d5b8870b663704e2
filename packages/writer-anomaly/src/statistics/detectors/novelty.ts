import { type Distance, defineDistance } from './distance.ts'

interface Memory {
  /** The values of the incomplete block. */
  block: number[]
  /** The recent blocks, oldest first, each as one number. */
  readonly blocks: number[]
  /** The fading mean of the blocks' means. */
  usual: number | null
}

interface Options {
  /** The number of points of a block. */
  readonly points: number
  /** The number that represents a block: its mean, or the one of its extremes that lies farther from the usual, so that no spike is lost. */
  readonly by: 'mean' | 'spike'
  /** The number of nearest earlier windows to average: 1 forgives what happened once before, 2 what happened twice. Default 1. */
  readonly neighbours?: 1 | 2 | undefined
}

const WINDOW = 3
const REMEMBERED_POINTS = 2000

/**
 * Measures how unlike all earlier ones the last three blocks of points are: the distance to the nearest three consecutive blocks among the last 2000
 * points. It finds unusual shapes and levels of any kind, at the scale of its blocks.
 */
export function novelty({ points, by, neighbours = 1 }: Options): Distance {
  return defineDistance<Memory>({
    points,
    start: () => ({ block: [], blocks: [], usual: null }),
    measure: (memory, { value }) => {
      memory.block.push(value)
      if (memory.block.length < points) return null
      memory.blocks.push(summary(memory, by))
      memory.block = []
      const distance = distanceToNearest(memory.blocks, neighbours)
      if (memory.blocks.length > REMEMBERED_POINTS / points + WINDOW) memory.blocks.shift()
      return distance
    },
  })
}

function summary(memory: Memory, by: 'mean' | 'spike'): number {
  const { block } = memory
  const mean = block.reduce((sum, value) => sum + value, 0) / block.length
  if (by === 'mean') return mean
  const usual = memory.usual === null ? mean : (memory.usual + mean) / 2
  memory.usual = usual
  const low = Math.min(...block)
  const high = Math.max(...block)
  return high - usual >= usual - low ? high : low
}

/** Returns the sum of absolute differences; windows that overlap the newest do not count as neighbours. 0 while there are too few. */
function distanceToNearest(blocks: readonly number[], neighbours: 1 | 2): number {
  const newest = blocks.length - WINDOW
  const [a = 0, b = 0, c = 0] = blocks.slice(-WINDOW)
  let nearest = Number.POSITIVE_INFINITY
  let second = Number.POSITIVE_INFINITY
  for (let i = 0; i <= newest - WINDOW; i += 1) {
    const distance =
      Math.abs((blocks[i] ?? a) - a) + Math.abs((blocks[i + 1] ?? b) - b) + Math.abs((blocks[i + 2] ?? c) - c)
    if (distance < nearest) {
      second = nearest
      nearest = distance
    } else if (distance < second) second = distance
  }
  const counted = neighbours === 1 ? nearest : (nearest + second) / 2
  return Number.isFinite(counted) ? counted : 0
}
