import { type Distance, defineDistance } from './distance.ts'

interface Memory {
  readonly counts: number[]
  readonly centers: number[]
  points: number
  overall: number
}

interface Options {
  readonly cycleMs: number
  /** The number of equal phases of the cycle. */
  readonly phases: number
}

/**
 * Measures the distance from what is usual at this time of the cycle, or shortly before or after it, whichever is nearest. A phase that was seen
 * rarely leans on the recent mean of the series.
 */
export function clock({ cycleMs, phases }: Options): Distance {
  return defineDistance<Memory>({
    start: () => ({
      counts: new Array<number>(phases).fill(0),
      centers: new Array<number>(phases).fill(0),
      points: 0,
      overall: 0,
    }),
    measure: (memory, { value, timeMs }) => {
      if (!Number.isFinite(timeMs)) return null
      const phase = Math.floor(((((timeMs % cycleMs) + cycleMs) % cycleMs) * phases) / cycleMs)
      memory.points += 1
      memory.overall += (value - memory.overall) / Math.min(memory.points, 500)
      const before = (phase + phases - 1) % phases
      const after = (phase + 1) % phases
      const distance = Math.min(...[before, phase, after].map((near) => Math.abs(value - usualAt(memory, near))))
      learn(memory, phase, value)
      return distance
    },
  })
}

function usualAt({ counts, centers, overall }: Memory, phase: number): number {
  const seen = Math.min(counts[phase] ?? 0, 40)
  return ((centers[phase] ?? 0) * seen + overall) / (seen + 1)
}

function learn({ counts, centers }: Memory, phase: number, value: number): void {
  const seen = (counts[phase] ?? 0) + 1
  const center = centers[phase] ?? 0
  counts[phase] = seen
  centers[phase] = center + (value - center) * Math.max(1 / seen, 0.03)
}
