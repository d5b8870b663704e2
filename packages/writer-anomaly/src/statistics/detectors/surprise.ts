import { rank } from './window.ts'

/** The largest distances that a series has shown, from which the rarity of a new one is estimated. */
export interface Extremes {
  /** The number of points from which the distances come; half of it is forgotten at {@link MEMORY_POINTS}. */
  points: number
  /** The limit up to which distances are not remembered. */
  floor: number
  /** The remembered distances, ascending. */
  largest: number[]
}

const MEMORY_POINTS = 4096
const KEPT = 128
/** The share of the points whose distances make up the extrapolated tail. */
const TAIL_SHARE = 0.03
/** The minimum number of distances in the tail. */
const MIN_TAIL = 5
/** The minimum number of points before anything is surprising. */
const MIN_POINTS = 50
/** The heaviest shape of the tail that is accepted; 0 is exponential. */
const HEAVIEST = 0.4

export const noExtremes = (): Extremes => ({ points: 0, floor: 0, largest: [] })

/**
 * Returns how surprising a distance is: log10 of the number of points among which one such distance is expected. Beyond what was seen, a generalised
 * Pareto tail (fitted by moments) continues. 0 while fewer than 50 points are known.
 */
export function surprise({ points, floor, largest }: Extremes, distance: number): number {
  if (points < MIN_POINTS || distance <= floor) return 0
  const size = Math.min(largest.length, Math.max(MIN_TAIL, Math.floor(TAIL_SHARE * points)))
  const start = largest.length - size
  const edge = start > 0 ? (largest[start - 1] ?? floor) : floor
  if (distance <= edge || size === 0) {
    return Math.log10((points + 1) / (largest.length - rank(largest, distance) + 1))
  }
  return Math.log10(points / size) + beyond(largest, start, edge, distance - edge)
}

/** Remembers the distance of the newest `points` points. */
export function learnDistance(extremes: Extremes, distance: number, points: number): void {
  const { largest } = extremes
  extremes.points += points
  if (distance > extremes.floor) {
    largest.splice(rank(largest, distance), 0, distance)
    if (largest.length > KEPT) extremes.floor = largest.shift() ?? 0
  }
  if (extremes.points < MEMORY_POINTS) return
  extremes.points /= 2
  // Every second one is dropped: the rest still represents the same tail of half the points.
  extremes.largest = largest.filter((_, index) => index % 2 === 1)
}

/** Returns -log10 of the probability, within the tail, of an excess over its edge. */
function beyond(largest: readonly number[], start: number, edge: number, excess: number): number {
  let sum = 0
  let squares = 0
  for (let i = start; i < largest.length; i += 1) {
    const over = (largest[i] ?? edge) - edge
    sum += over
    squares += over * over
  }
  const size = largest.length - start
  const mean = Math.max(sum / size, 1e-9 + 0.01 * Math.abs(edge))
  const variance = squares / size - (sum / size) ** 2
  const shape = variance > 0 ? Math.max(0, Math.min(HEAVIEST, 0.5 * (1 - mean ** 2 / variance))) : 0
  const scaled = excess / (mean * (1 - shape))
  return (shape < 1e-3 ? scaled : Math.log1p(shape * scaled) / shape) / Math.LN10
}
