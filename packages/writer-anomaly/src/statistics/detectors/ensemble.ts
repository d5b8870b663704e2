import { DAY_MS } from '@forge/writer-core/storage'
import { clock } from './clock.ts'
import { type DetectorFactory, defineDetector, type Point } from './detector.ts'
import type { Distance } from './distance.ts'
import { level } from './level.ts'
import { novelty } from './novelty.ts'
import { spread } from './spread.ts'
import { type Extremes, learnDistance, noExtremes, surprise } from './surprise.ts'

/** The members, each with another view of the series: unusual shapes at growing scales, spikes, level and spread, the time of day and of the week. */
const MEMBERS: readonly Distance[] = [
  ...[6, 12, 24].map((points) => novelty({ points, by: 'mean', neighbours: 2 })),
  ...[4, 6].map((points) => novelty({ points, by: 'spike' })),
  level,
  spread,
  clock({ cycleMs: DAY_MS, phases: 96 }),
  clock({ cycleMs: 7 * DAY_MS, phases: 168 }),
]

/** The surprise up to which a member is silent, and beyond which more adds nothing: one in 56, one in a million. */
const MIN_SURPRISE = 1.75
const MAX_SURPRISE = 6
/** The surprise that is expected for each tenfold length over 1000 points, because a long series has more chances. */
const LENGTH_WEIGHT = 0.75
/** The mean surprise that scores 0.5: the balance of false alarms and misses on labelled series. */
const BALANCE = 0.15
/** The number of points after an alarm in which only a much stronger one is reported; in a young series, a share of its age. */
const COOL_DOWN = 120
const COOL_DOWN_SHARE = 0.15
const MUCH_STRONGER = 1.75
/** The degree to which earlier alarms raise the bar for later ones, and the number of points over which that fades to a third. */
const HABIT = 0.1
const HABIT_POINTS = 15_000

interface Memory {
  readonly members: unknown[]
  readonly extremes: Extremes[]
  points: number
  sinceAlarm: number
  alarm: number
  /** The fading sum of reported surprise. */
  habit: number
}

/**
 * The default detector. Each member measures how far a point is from what it knows, and counts by how rare such a distance is in this series; the
 * score combines them, reduced if the series alarms often. After an alarm, only a clearly stronger one is reported for 120 points (fewer in a young
 * series). Of 1000 points of noise about seven reach 0.5, and one in 1500 reaches 0.9. Silent for the first 50.
 */
export const ensemble: DetectorFactory = defineDetector<Memory>({
  name: 'ensemble',
  version: 3,
  start: () => ({
    members: MEMBERS.map((member) => member.start()),
    extremes: MEMBERS.map(noExtremes),
    points: 0,
    sinceAlarm: COOL_DOWN,
    alarm: 0,
    habit: 0,
  }),
  update: (memory, point) => 1 - 2 ** (-reduce(memory, meanSurprise(memory, point)) / BALANCE),
})

function meanSurprise({ members, extremes }: Memory, point: Point): number {
  let sum = 0
  for (const [index, member] of MEMBERS.entries()) {
    const distance = member.measure(members[index], point)
    const known = extremes[index]
    if (distance === null || !known) continue
    const expected = LENGTH_WEIGHT * (Math.log10(Math.max(known.points, 200)) - 3)
    sum += Math.max(0, Math.min(MAX_SURPRISE, surprise(known, distance) - expected) - MIN_SURPRISE)
    learnDistance(known, distance, member.points)
  }
  return sum / MEMBERS.length
}

/** Returns what is left of the surprise after cool-down and habit. */
function reduce(memory: Memory, found: number): number {
  memory.points += 1
  memory.sinceAlarm += 1
  memory.habit *= 1 - 1 / HABIT_POINTS
  if (found === 0) return 0
  const isCooling = memory.sinceAlarm < Math.min(COOL_DOWN, COOL_DOWN_SHARE * memory.points)
  if (isCooling && found <= MUCH_STRONGER * memory.alarm) return 0
  const left = found / (1 + HABIT * memory.habit)
  memory.habit += isCooling ? found - memory.alarm : found
  memory.alarm = found
  memory.sinceAlarm = 0
  return left
}
