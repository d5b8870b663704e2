import { scoreOfZ } from '../../probability/normal-tail.ts'
import { SEASONS } from './calendar.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'
import { floorOf } from './window.ts'

interface Memory {
  count: number
  level: number
  trend: number
  /** The offset of each hour of the day, or of each weekday if points are a day or more apart. */
  season: number[]
  error: number
  lastMs: number | null
  /** The fading mean of the time between points, in milliseconds. */
  gapMs: number
}

const LEVEL_WEIGHT = 0.2
const TREND_WEIGHT = 0.02
const SEASON_WEIGHT = 0.2
const DAMPING = 0.98
const HALF_DAY_MS = 43_200_000

/**
 * Judges the distance from the forecast of additive exponential smoothing with a damped trend and a season: hours of the day, or weekdays for series
 * of days. Silent for the first 20.
 */
export const holtWinters: DetectorFactory = defineDetector<Memory>({
  name: 'holt-winters',
  version: 1,
  start: () => ({ count: 0, level: 0, trend: 0, season: [], error: 0, lastMs: null, gapMs: 0 }),
  update: (memory, { value, timeMs }) => {
    if (!Number.isFinite(timeMs)) return 0
    const phase = phaseOf(memory, timeMs)
    if (memory.count === 0) memory.level = value
    const smooth = memory.level + DAMPING * memory.trend
    const forecast = smooth + (memory.season[phase] ?? 0)
    // A wide error while the first cycles are learned keeps the start quiet.
    const sigma = Math.max(1.2533 * memory.error, floorOf(forecast))
    const score = memory.count >= 20 ? scoreOfZ((value - forecast) / sigma) : 0
    const bound = memory.count >= 20 ? 4 * sigma : Number.POSITIVE_INFINITY
    learn(memory, phase, smooth, Math.max(-bound, Math.min(bound, value - forecast)))
    return score
  },
})

function phaseOf(memory: Memory, timeMs: number): number {
  if (memory.lastMs !== null) memory.gapMs += (timeMs - memory.lastMs - memory.gapMs) / Math.min(memory.count, 20)
  memory.lastMs = timeMs
  const season = memory.gapMs < HALF_DAY_MS ? SEASONS[0] : SEASONS[1]
  const phases = season?.phases ?? 1
  // The first gaps determine the season; a series that changes its pace later starts a new one.
  if (memory.season.length !== phases && memory.count >= 2) memory.season = new Array<number>(phases).fill(0)
  return season?.phaseOf(timeMs) ?? 0
}

function learn(memory: Memory, phase: number, smooth: number, miss: number): void {
  memory.count += 1
  memory.error += (Math.abs(miss) - memory.error) * Math.max(1 / memory.count, 0.02)
  const level = smooth + LEVEL_WEIGHT * miss
  memory.trend = DAMPING * memory.trend + TREND_WEIGHT * (level - memory.level - DAMPING * memory.trend)
  memory.level = level
  const usual = memory.season[phase]
  if (usual !== undefined) memory.season[phase] = usual + SEASON_WEIGHT * (1 - LEVEL_WEIGHT) * miss
}
