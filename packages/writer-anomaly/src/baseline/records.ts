/** The largest errors of the last runs in robust deviations, by the number of the value and how many runs they lasted. Plain JSON. */
export type Records = { readonly at: number; readonly z: number; readonly runs: number }[]

/** Values over which large errors are remembered. */
const KEPT_VALUES = 4000
/** From where on an error is one of them. What lasts may be an incident, and counts for less than what straggles by itself. */
const LEAST_Z = 2.5
const MOST_Z = 6
const MOST_STRAGGLER_Z = 15
/** Runs within which large errors are one episode. */
const EPISODE_RUNS = 3

/** Keeps the largest error of each episode. `count` is the number of the value. */
export function noteRecord(records: Records, count: number, z: number): void {
  while (records.length > 0 && (records[0]?.at ?? 0) < count - KEPT_VALUES) records.shift()
  const size = Math.min(MOST_STRAGGLER_Z, Math.abs(z))
  if (size <= LEAST_Z) return
  const last = records.at(-1)
  if (!last || count - last.at > EPISODE_RUNS) records.push({ at: count, z: size, runs: 1 })
  else records[records.length - 1] = { at: count, z: Math.min(MOST_Z, Math.max(last.z, size)), runs: last.runs + 1 }
}

/**
 * The third largest error of the last 4,000 values, in robust deviations: how far out values come by themselves, when what may have been two
 * incidents is left aside.
 */
export function recordOf(records: Records): number {
  const largest = [LEAST_Z, LEAST_Z, LEAST_Z]
  for (const { z } of records) {
    const at = largest.findIndex((each) => z > each)
    if (at !== -1) largest.splice(at, 0, z)
  }
  return largest[2] ?? LEAST_Z
}
