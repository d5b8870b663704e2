import { HOUR_MS } from '../baseline/calendar.ts'
import { quantileIn } from '../statistics/quantiles.ts'

/** How rows of a pipeline come into the log: how long after a run's start its first row, and how long a run lasts. Plain JSON. */
export interface Arrivals {
  /** When rows came last. */
  lastMs: number
  /** For the last times that rows came, how long before the oldest new run among them had started. */
  readonly delays: number[]
  /** Delays far beyond the usual ones, newest last. */
  readonly stragglers: number[]
  /** Fading numbers of runs, and of those among them that came far later than is usual. */
  runs: number
  late: number
  /** From the start to the end of the last row, of the last runs. */
  readonly spans: number[]
}

const KEPT = 40
const KEPT_STRAGGLERS = 8
const MIN_KNOWN = 5
/** Share of the counts that is left after each run: of a thousand. */
const FADING = 0.999
/** What takes longer was imported, or never ended. */
const MAX_MS = 48 * HOUR_MS

export function arrivals(): Arrivals {
  return { lastMs: Number.NEGATIVE_INFINITY, delays: [], stragglers: [], runs: 0, late: 0, spans: [] }
}

/** Notes that rows of a run that was not known came at `atMs`. What comes together counts once, by its oldest run: an import of a year is one delay. */
export function noteArrival(
  known: Arrivals,
  { startMs, atMs }: { readonly startMs: number; readonly atMs: number },
): void {
  if (atMs < startMs || atMs === known.lastMs || atMs - startMs > MAX_MS) return
  known.lastMs = atMs
  const usual = usualDelay(known)
  known.runs = FADING * known.runs + 1
  known.late *= FADING
  if (usual !== undefined && atMs - startMs > usual) {
    known.late++
    keepLast(known.stragglers, atMs - startMs, KEPT_STRAGGLERS)
  }
  keepLast(known.delays, atMs - startMs, KEPT)
}

/** Notes how long a run lasted that has come to its end. */
export function noteSpan(known: Arrivals, spanMs: number): void {
  if (spanMs >= 0 && spanMs < MAX_MS) keepLast(known.spans, spanMs, KEPT)
}

/** Milliseconds after its start by which the first row of a run has come, as a rule; undefined where little is known. */
export function usualDelay({ delays }: Arrivals): number | undefined {
  return delays.length < MIN_KNOWN ? undefined : upper(delays)
}

/** Milliseconds by which even stragglers have come. */
export function longestDelay({ stragglers, delays }: Arrivals): number {
  return Math.max(upper(delays), ...stragglers.map((delay) => 1.2 * delay))
}

/** The chance that a run comes later than is usual. */
export function lateChance({ runs, late }: Arrivals): number {
  return Math.min(1, (late + 0.1) / (runs + 20))
}

/** Milliseconds after its start by which a run is over, as a rule; undefined where little is known. */
export function usualSpan({ spans }: Arrivals): number | undefined {
  return spans.length < MIN_KNOWN ? undefined : upper(spans)
}

/** Beyond all but the largest, and by a half beyond most. */
function upper(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.max(1.2 * (sorted.at(values.length < 20 ? -1 : -2) ?? 0), 1.5 * quantileIn(sorted, 0.9)) + 60_000
}

function keepLast(list: number[], value: number, most: number): void {
  list.push(value)
  if (list.length > most) list.shift()
}
