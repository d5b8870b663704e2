/**
 * The errors that now lie far out on one side: when they began (0 if the last one is near), their number, and their sum in robust deviations. Plain
 * JSON.
 */
export interface Side {
  sinceMs: number
  runs: number
  sum: number
  /** The last error, signed, in robust deviations. */
  lastZ: number
}

/** The error, in robust deviations, from which a value counts towards a new level. */
export const SIDE_Z = 1.5
const MAX_Z = 20

export function side(): Side {
  return { sinceMs: 0, runs: 0, sum: 0, lastZ: 0 }
}

/** Learns an error. One run on the other side, or near the level, does not end a new level; two in a row do. */
export function noteSide(known: Side, z: number, timeMs: number): void {
  const isFar = Math.abs(z) >= SIDE_Z
  if (!isFar && Math.abs(known.lastZ) < SIDE_Z) known.sinceMs = 0
  else if (isFar && (known.sinceMs === 0 || z * known.sum < 0)) {
    known.sinceMs = timeMs
    known.runs = 0
    known.sum = 0
  }
  if (known.sinceMs !== 0) {
    known.runs++
    known.sum += Math.max(-MAX_Z, Math.min(MAX_Z, z))
  }
  known.lastZ = z
}
