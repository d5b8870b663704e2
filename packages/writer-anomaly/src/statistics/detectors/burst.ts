import { DAY_MS } from '@forge/writer-core/storage'
import {
  type Burst,
  expectBurst,
  learnBurst,
  burst as newBurst,
  pace as newPace,
  notePace,
  type Pace,
} from '../../baseline/burst.ts'
import { type DetectorFactory, defineDetector } from './detector.ts'

interface Memory {
  readonly known: Burst
  readonly pace: Pace
  alarmMs: number | null
  /** The distance of the last alarm, in multiples of the limit. */
  alarm: number
}

/** The factor by which a burst must exceed the one that was reported within a day. */
const MUCH_LARGER = 2

/**
 * Judges bursts and dips of series that are sampled at least hourly, by the distance from what the values before, the hour of the day, or the hour of the
 * week predict, whichever predicts best. It scores 0.5 at the distance of which the findings about such a series are made; within a day of an alarm, only one twice as
 * large is reported. Silent for the first 25.
 */
export const burst: DetectorFactory = defineDetector<Memory>({
  name: 'burst',
  version: 1,
  start: () => ({ known: newBurst(), pace: newPace(), alarmMs: null, alarm: 0 }),
  update: (memory, { value, timeMs }) => {
    if (!Number.isFinite(timeMs)) return 0
    const { known, pace } = memory
    const size = sizeOf(memory, timeMs, value)
    notePace(pace, timeMs)
    learnBurst(known, pace, { timeMs, value, isCount: Number.isInteger(value) })
    if (size < 0.5) return 0
    if (size >= 1) {
      const isCooling = memory.alarmMs !== null && timeMs - memory.alarmMs < DAY_MS
      if (isCooling && size < MUCH_LARGER * memory.alarm) return 0
      memory.alarmMs = timeMs
      memory.alarm = size
    }
    return 1 - 2 ** -size
  },
})

/** Returns the distance from what was expected, in multiples of the limit; 0 if nothing is. */
function sizeOf({ known, pace }: Memory, timeMs: number, value: number): number {
  const expectation = expectBurst(known, pace, { timeMs })
  if (!expectation) return 0
  return Math.abs(value - expectation.expected) / (expectation.spread * expectation.limit)
}
