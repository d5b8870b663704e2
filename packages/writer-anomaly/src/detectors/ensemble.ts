import { type Detector, type DetectorState, defineDetector } from './detector.ts'
import { ewma } from './ewma.ts'
import { newExtreme } from './new-extreme.ts'
import { rateOfChange } from './rate-of-change.ts'
import { robustZ } from './robust-z.ts'
import { stuckValue } from './stuck-value.ts'
import { zScore } from './z-score.ts'

const MEMBERS = [newExtreme, zScore, robustZ, ewma, rateOfChange, stuckValue]
const BINS = 200
/** Points over which half of what was seen of a member's scores is forgotten. */
const HALF_LIFE = 2000
/** Points during which nothing as strong or weaker than the last alarm is told again. */
const COOL_DOWN = 150
const ALARM = 0.5

interface Memory {
  readonly members: DetectorState[]
  /** Per member: how often each level of its score was seen, fading. */
  readonly levels: number[][]
  sinceAlarm: number
  alarm: number
}

/**
 * The default: several detectors, each heard by how rare its score is among its own in this series, so that one that
 * cries wolf here counts for little. After an alarm only a stronger one is told for 150 points.
 */
export const ensemble = (saved?: DetectorState): Detector => {
  const outer = definition(saved)
  const memory = outer.save().memory as Memory
  const members = MEMBERS.map((member, index) => member(memory.members[index]))
  return {
    name: outer.name,
    update: (point) => {
      if (!Number.isFinite(point.value)) return 0
      return judge(
        memory,
        members.map((member) => member.update(point)),
      )
    },
    save: () => ({ ...outer.save(), memory: structuredClone({ ...memory, members: members.map((m) => m.save()) }) }),
  }
}

const definition = defineDetector<Memory>({
  name: 'ensemble',
  version: 1,
  start: () => ({
    members: MEMBERS.map((member) => member().save()),
    levels: MEMBERS.map(() => new Array<number>(BINS + 1).fill(0)),
    sinceAlarm: COOL_DOWN,
    alarm: 0,
  }),
  update: () => 0,
})

function judge(memory: Memory, scores: readonly number[]): number {
  const weighted = scores.map((score, index) => score * rarity(memory.levels[index] ?? [], score))
  const combined = (weighted[0] ?? 0) * 0.6 + 0.4 * Math.max(0, ...weighted)
  memory.sinceAlarm += 1
  if (combined < ALARM) return combined
  if (memory.sinceAlarm < COOL_DOWN && combined <= memory.alarm) return combined * ALARM
  memory.sinceAlarm = 0
  memory.alarm = combined
  return combined
}

/** 0-1: 1 where a score this high was hardly seen before; then the score is counted. */
function rarity(levels: number[], score: number): number {
  const fade = 0.5 ** (1 / HALF_LIFE)
  const bin = Math.floor(score * BINS)
  let total = 0
  let atLeast = 0
  for (let level = 0; level < levels.length; level += 1) {
    const seen = (levels[level] ?? 0) * fade
    levels[level] = seen
    total += seen
    if (level >= bin) atLeast += seen
  }
  levels[bin] = (levels[bin] ?? 0) + 1
  const tail = (atLeast + 1) / (total + 2)
  return Math.min(1, -Math.log10(tail) / 3)
}
