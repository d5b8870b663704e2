/** The largest errors of the last values: the number of the value, the error in robust deviations, and the runs that the error lasted. Plain JSON. */
export type Records = { readonly at: number; readonly z: number; readonly runs: number }[]

/** The number of values for which large errors are remembered. */
const KEPT_VALUES = 4000
/** The minimum and maximum errors to remember. An error that lasts may be an incident, so it counts for less than a single straggler. */
const MIN_Z = 2.5
const MAX_Z = 6
const MAX_STRAGGLER_Z = 15
/** The number of runs within which large errors are one episode. */
const EPISODE_RUNS = 3

/** Remembers the largest error of each episode. `count` is the number of the value. */
export function noteRecord(records: Records, count: number, z: number): void {
  while (records.length > 0 && (records[0]?.at ?? 0) < count - KEPT_VALUES) records.shift()
  const size = Math.min(MAX_STRAGGLER_Z, Math.abs(z))
  if (size <= MIN_Z) return
  const last = records.at(-1)
  if (!last || count - last.at > EPISODE_RUNS) records.push({ at: count, z: size, runs: 1 })
  else records[records.length - 1] = { at: count, z: Math.min(MAX_Z, Math.max(last.z, size)), runs: last.runs + 1 }
}

/**
 * Returns the third largest error of the last 4,000 values, in robust deviations: how far out values come without a cause, leaving out the two
 * largest, which may have been incidents.
 */
export function recordOf(records: Records): number {
  const largest = [MIN_Z, MIN_Z, MIN_Z]
  for (const { z } of records) {
    const at = largest.findIndex((each) => z > each)
    if (at !== -1) largest.splice(at, 0, z)
  }
  return largest[2] ?? MIN_Z
}
