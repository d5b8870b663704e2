/** Since when errors lie on one side, far out (0 where they do not), how many there were, and their sum in robust deviations. Plain JSON. */
export interface Side {
  sinceMs: number
  runs: number
  sum: number
  /** The last error, signed. */
  lastZ: number
}

/** Robust deviations beyond which an error counts as one of a new level. */
export const SIDE_Z = 1.5
const MOST_Z = 20

export function side(): Side {
  return { sinceMs: 0, runs: 0, sum: 0, lastZ: 0 }
}

/** One run on the other side, or near the level, does not end a new level; two in a row do. */
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
    known.sum += Math.max(-MOST_Z, Math.min(MOST_Z, z))
  }
  known.lastZ = z
}
