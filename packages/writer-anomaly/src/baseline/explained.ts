/** How far a value may lie from what is expected for a known reason, on the metric's scale: from the first to the second, either way round. */
export type Explained = readonly [number, number]

/** What of a distance is explained: the part of it that lies within the range. */
export function explainedPart([one, other]: Explained, distance: number): number {
  return Math.max(Math.min(one, other), Math.min(Math.max(one, other), distance))
}

/** Whether row counts follow the time since the last run, by how well either foretold them. Plain JSON. */
export interface SinceLast {
  runs: number
  /** Fading sums of errors, where they do not and where they do. */
  plain: number
  full: number
}

const FADING = 0.9
/** Runs that came earlier or later than due which must be seen before it is known. */
const MIN_RUNS = 2
const CLEARLY = 0.6
/** Logarithm of a time since the last run, in usual ones, below which it says nothing. */
const MIN_RATIO = 0.6
/** One from which more can be learned than that a run came into the log late. */
const MIN_LESSON = 1
/** Share of the time since the last run that its rows may come to: what waits is often bounded. */
const MIN_FULL = 0.6

export function sinceLast(): SinceLast {
  return { runs: 0, plain: 0, full: 0 }
}

/** What the time since the last run may explain: all of it, nothing, or anything in between while that is not known. `ratio` is a logarithm. */
export function explainedBySince({ runs, plain, full }: SinceLast, ratio: number): Explained {
  if (Math.abs(ratio) < MIN_RATIO) return [0, 0]
  // One that comes early may be a run of its own kind: a repetition, a part.
  if (ratio < 0 || runs < MIN_RUNS) return [0, ratio]
  if (full < CLEARLY * plain) return [MIN_FULL * ratio, ratio]
  return plain < CLEARLY * full ? [0, 0] : [0, ratio]
}

/** Learns by how much a value missed what was expected of it, without the time since the last run. */
export function learnSince(known: SinceLast, ratio: number, error: number): void {
  if (ratio < MIN_LESSON) return
  known.runs++
  known.plain = FADING * known.plain + Math.min(Math.abs(error), Math.abs(ratio))
  known.full = FADING * known.full + Math.min(Math.abs(error - ratio), Math.abs(ratio))
}

/** How durations go with rows: by the errors of both. Plain JSON. */
export interface RowsLink {
  runs: number
  /** Fading sums of squares of the errors of rows, and of products with those of durations. */
  squares: number
  products: number
  /** Fading sums of errors of durations, without rows and given them. */
  plain: number
  given: number
}

const LINK_FADING = 0.98
const MIN_LINK_RUNS = 20
const LINK_GAIN = 0.92
/** Errors of rows in deviations beyond which how durations go with them was hardly seen. */
const FAR_Z = 4
/** What more rows may cost at most, in proportion, and what is proportional to them. */
const MOST_COST = 1.15

export function rowsLink(): RowsLink {
  return { runs: 0, squares: 0, products: 0, plain: 0, given: 0 }
}

/** What the number of rows explains of a duration. */
export function explainedByRows(link: RowsLink, error: number, z: number): Explained {
  if (Math.abs(z) > FAR_Z) return [0, MOST_COST * error]
  const isUseful = link.runs >= MIN_LINK_RUNS && link.given < LINK_GAIN * link.plain
  const shift = isUseful ? slopeOf(link) * error : 0
  return [shift, shift]
}

/** Learns the errors of a row's number of rows and of its duration, none larger than is usual. */
export function learnLink(link: RowsLink, rows: number, duration: number): void {
  const slope = slopeOf(link)
  link.runs++
  link.plain = LINK_FADING * link.plain + Math.abs(duration)
  link.given = LINK_FADING * link.given + Math.abs(duration - slope * rows)
  link.squares = LINK_FADING * link.squares + rows * rows
  link.products = LINK_FADING * link.products + rows * duration
}

function slopeOf({ squares, products }: RowsLink): number {
  return Math.max(0, Math.min(MOST_COST, products / (squares + 1e-3)))
}
