import { DAY_MS } from '@forge/writer-core/storage'
import type { RunFacts } from './run-facts.ts'

/**
 * A reason to doubt the times of a run. `clockSuspect`: it started or ended later than it was stored, or than now, so that a clock is wrong.
 * `recordedLate`: it was stored more than a day after its end, so that figures of days that were read before lack it.
 */
export type RunDoubt = 'clockSuspect' | 'recordedLate'

/** The times of a run. */
export type DoubtedRun = Pick<RunFacts, 'startedAt' | 'endedAt' | 'recordedAt'>

/** Clocks of different machines may differ by this much. */
const MAX_SKEW_MS = 300_000

/** Returns the reasons to doubt the times of a run. */
export function doubtsOf({ startedAt, endedAt, recordedAt }: DoubtedRun, now: Date): RunDoubt[] {
  const times = [startedAt, endedAt].flatMap((iso) => (iso === null ? [] : Date.parse(iso)))
  const lastMs = times.reduce((last, ms) => Math.max(last, ms), Number.NEGATIVE_INFINITY)
  const recordedMs = recordedAt === null ? undefined : Date.parse(recordedAt)
  const isAhead = lastMs > Math.min(now.getTime(), recordedMs ?? now.getTime()) + MAX_SKEW_MS
  const isLate = recordedMs !== undefined && times.length > 0 && recordedMs - lastMs > DAY_MS
  return [...(isAhead ? (['clockSuspect'] as const) : []), ...(isLate ? (['recordedLate'] as const) : [])]
}
