/**
 * The range, on the metric's scale, in which a known reason explains the distance of a value from what is expected; either end may be the larger one.
 */
export type Explained = readonly [number, number]

/** Returns the part of a distance that lies within the explained range. */
export function explainedPart([one, other]: Explained, distance: number): number {
  return Math.max(Math.min(one, other), Math.min(Math.max(one, other), distance))
}

/** Evidence on whether row counts follow the time since the last run: the errors of predictions with and without it. Plain JSON. */
export interface SinceLast {
  runs: number
  /** The fading sums of errors of predictions without and with the time since the last run. */
  plain: number
  full: number
}

const FADING = 0.9
/** The minimum number of early or late runs before the relation is known. */
const MIN_RUNS = 2
const CLEARLY = 0.6
/** The minimum logarithm of the time since the last run, in usual intervals, that says anything. */
const MIN_RATIO = 0.6
/** The minimum logarithm from which to learn: a smaller one may only mean that the run was recorded late. */
const MIN_LESSON = 1
/** The minimum share of the time since the last run that its rows may amount to: what waits is often bounded. */
const MIN_FULL = 0.6

export function sinceLast(): SinceLast {
  return { runs: 0, plain: 0, full: 0 }
}

/** Returns what the time since the last run may explain: all of it, nothing, or anything in between while that is unknown. `ratio` is a logarithm. */
export function explainedBySince({ runs, plain, full }: SinceLast, ratio: number): Explained {
  if (Math.abs(ratio) < MIN_RATIO) return [0, 0]
  // An early run may be special: a repetition, or only a part of the work.
  if (ratio < 0 || runs < MIN_RUNS) return [0, ratio]
  if (full < CLEARLY * plain) return [MIN_FULL * ratio, ratio]
  return plain < CLEARLY * full ? [0, 0] : [0, ratio]
}

/** Learns the error of a value that was predicted without the time since the last run. */
export function learnSince(known: SinceLast, ratio: number, error: number): void {
  if (ratio < MIN_LESSON) return
  known.runs++
  known.plain = FADING * known.plain + Math.min(Math.abs(error), Math.abs(ratio))
  known.full = FADING * known.full + Math.min(Math.abs(error - ratio), Math.abs(ratio))
}

/** The relation between durations and rows, learned from the errors of both. Plain JSON. */
export interface RowsLink {
  runs: number
  /** The fading sums of squares of the errors of rows, and of their products with the errors of durations. */
  squares: number
  products: number
  /** The fading sums of errors of durations, without and with the rows. */
  plain: number
  given: number
}

const LINK_FADING = 0.98
const MIN_LINK_RUNS = 20
const LINK_GAIN = 0.92
/** The error of rows, in deviations, beyond which their relation to durations was hardly observed. */
const FAR_Z = 4
/** The maximum factor by which durations may grow in proportion to rows. */
const MAX_COST = 1.15

export function rowsLink(): RowsLink {
  return { runs: 0, squares: 0, products: 0, plain: 0, given: 0 }
}

/** Returns what the number of rows explains of a duration. */
export function explainedByRows(link: RowsLink, error: number, z: number): Explained {
  if (Math.abs(z) > FAR_Z) return [0, MAX_COST * error]
  const isUseful = link.runs >= MIN_LINK_RUNS && link.given < LINK_GAIN * link.plain
  const shift = isUseful ? slopeOf(link) * error : 0
  return [shift, shift]
}

/** Learns the errors of a row's number of rows and of its duration, each capped at what is usual. */
export function learnLink(link: RowsLink, rows: number, duration: number): void {
  const slope = slopeOf(link)
  link.runs++
  link.plain = LINK_FADING * link.plain + Math.abs(duration)
  link.given = LINK_FADING * link.given + Math.abs(duration - slope * rows)
  link.squares = LINK_FADING * link.squares + rows * rows
  link.products = LINK_FADING * link.products + rows * duration
}

function slopeOf({ squares, products }: RowsLink): number {
  return Math.max(0, Math.min(MAX_COST, products / (squares + 1e-3)))
}
