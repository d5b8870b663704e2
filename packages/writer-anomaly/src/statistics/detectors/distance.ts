import type { Point } from './detector.ts'

/**
 * A measure of how far a point is from what its series has shown: a number without a scale, 0 or more. It is a member of the ensemble, which learns
 * from the series itself how large is large.
 */
export interface Distance {
  /** Returns the initial memory: plain JSON. */
  start(): unknown
  /** Measures the point, then learns it; null if nothing can be said. */
  measure(memory: unknown, point: Point): number | null
  /** The number of points that a measure represents: a window is judged once, when it is full. */
  readonly points: number
}

interface Definition<Memory> {
  readonly start: () => Memory
  readonly measure: (memory: Memory, point: Point) => number | null
  readonly points?: number | undefined
}

export function defineDistance<Memory>({ start, measure, points = 1 }: Definition<Memory>): Distance {
  // Only `start` creates the memory of `measure`, so its shape is known.
  return { start, measure: (memory, point) => measure(memory as Memory, point), points }
}
