import type { Point } from './detector.ts'

/**
 * One way of telling how far a point is from what its series has shown: a number without a scale, 0 or more. A member of
 * the ensemble, which learns from the series itself how large is large.
 */
export interface Distance {
  /** What is remembered at the start: plain JSON. */
  start(): unknown
  /** Judges the point, then learns it; null where nothing can be said. */
  measure(memory: unknown, point: Point): number | null
  /** A measure stands for so many points: windows are judged once, when they are full. */
  readonly points: number
}

interface Definition<Memory> {
  readonly start: () => Memory
  readonly measure: (memory: Memory, point: Point) => number | null
  readonly points?: number
}

export function defineDistance<Memory>({ start, measure, points = 1 }: Definition<Memory>): Distance {
  // Only `start` makes what `measure` gets, so its shape is known.
  return { start, measure: (memory, point) => measure(memory as Memory, point), points }
}
