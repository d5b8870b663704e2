import { clock } from './clock.ts'
import { type DetectorFactory, defineDetector, type Point } from './detector.ts'
import type { Distance } from './distance.ts'
import { level } from './level.ts'
import { novelty } from './novelty.ts'
import { spread } from './spread.ts'
import { type Extremes, learnDistance, noExtremes, surprise } from './surprise.ts'

const DAY_MS = 86_400_000

/** Different eyes on the same series: strange shapes at growing scales, spikes, level and spread, the time of day and of the week. */
const MEMBERS: readonly Distance[] = [
  ...[6, 12, 24].map((points) => novelty({ points, by: 'mean', neighbours: 2 })),
  ...[4, 6].map((points) => novelty({ points, by: 'spike' })),
  level,
  spread,
  clock({ cycleMs: DAY_MS, phases: 96 }),
  clock({ cycleMs: 7 * DAY_MS, phases: 168 }),
]

/** Surprise up to which a member is silent, and beyond which more adds nothing: one in 56, one in a million. */
const LEAST_SURPRISE = 1.75
const MOST_SURPRISE = 6
/** A long series has more chances: of each tenfold length over 1000 points, this much surprise is expected. */
const LENGTH_WEIGHT = 0.75
/** Mean surprise that scores 0.5: where false alarms and misses are in balance on labelled series. */
const BALANCE = 0.15
/** Points after an alarm in which only what is much stronger is told; in a young series this share of its age. */
const COOL_DOWN = 120
const COOL_DOWN_SHARE = 0.15
const MUCH_STRONGER = 1.75
/** How much earlier alarms raise the bar for later ones, and over how many points that fades to a third. */
const HABIT = 0.1
const HABIT_POINTS = 15_000

interface Memory {
  readonly members: unknown[]
  readonly extremes: Extremes[]
  points: number
  sinceAlarm: number
  alarm: number
  /** Fading sum of what was told. */
  habit: number
}

/**
 * The default. Each member measures how far a point is from what it knows, and is heard by how rare such a distance is in
 * this series; the score is what they say together, less where the series alarms often. After an alarm only one that is
 * clearly stronger is told for 120 points (fewer in a young series). Of 1000 points of noise about seven reach 0.5, and one
 * in 1500 reaches 0.9. Silent for the first 50.
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
  update: (memory, point) => 1 - 2 ** (-told(memory, meanSurprise(memory, point)) / BALANCE),
})

function meanSurprise({ members, extremes }: Memory, point: Point): number {
  let sum = 0
  for (const [index, member] of MEMBERS.entries()) {
    const distance = member.measure(members[index], point)
    const known = extremes[index]
    if (distance === null || !known) continue
    const expected = LENGTH_WEIGHT * (Math.log10(Math.max(known.points, 200)) - 3)
    sum += Math.max(0, Math.min(MOST_SURPRISE, surprise(known, distance) - expected) - LEAST_SURPRISE)
    learnDistance(known, distance, member.points)
  }
  return sum / MEMBERS.length
}

/** What is left of the surprise after cool-down and habit. */
function told(memory: Memory, found: number): number {
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
