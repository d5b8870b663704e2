import { isoFromMicros, parseMicros } from '@forge/writer-core/storage'

/** The number of steps that run at once from a moment on. */
export interface ConcurrencyPoint {
  /** ISO 8601, UTC. */
  readonly at: string
  readonly running: number
}

const MAX_POINTS = 200

/** Something with a start and an end. */
interface Timed {
  readonly startedAt: string | null
  readonly endedAt: string | null
}

/**
 * Returns the number of steps that ran at once, from the first start to the last end. Steps without times are left out. Returns at most about 200
 * points: if there are more changes, the greatest number of each equal part of the time is kept.
 */
export function concurrencyOf(steps: readonly Timed[]): ConcurrencyPoint[] {
  const changes = new Map<bigint, number>()
  const add = (at: bigint, by: number) => changes.set(at, (changes.get(at) ?? 0) + by)
  for (const { startedAt, endedAt } of steps) {
    const start = startedAt === null ? undefined : parseMicros(startedAt)
    const end = endedAt === null ? undefined : parseMicros(endedAt)
    if (start === undefined || end === undefined || end <= start) continue
    add(start, 1)
    add(end, -1)
  }
  const moments = [...changes].sort(([a], [b]) => (a < b ? -1 : 1))
  let running = 0
  const points = moments.map(([at, by]) => {
    running += by
    return { at, running }
  })
  return thinOut(points).map((point) => ({ at: isoFromMicros(point.at), running: point.running }))
}

interface Point {
  readonly at: bigint
  readonly running: number
}

function thinOut(points: readonly Point[]): readonly Point[] {
  const [first, last] = [points[0], points.at(-1)]
  if (!first || !last || points.length <= MAX_POINTS) return points
  const width = (last.at - first.at) / BigInt(MAX_POINTS) + 1n
  const parts = new Map<bigint, Point>()
  let before = 0
  for (const { at, running } of points) {
    const part = (at - first.at) / width
    const start = first.at + part * width
    const known = parts.get(part)
    parts.set(part, { at: start, running: Math.max(known?.running ?? before, running) })
    before = running
  }
  return [...[...parts.values()].filter(({ at }) => at < last.at), { at: last.at, running: 0 }]
}
