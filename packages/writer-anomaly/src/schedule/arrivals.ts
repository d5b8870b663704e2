import { HOUR_MS } from '@forge/writer-core/storage'
import { keepLast } from '../baseline/sorted-window.ts'
import { quantileIn } from '../probability/quantiles.ts'

/**
 * The memory of how rows of a pipeline come into the log: the time from the start of a run to its first row, and the duration of a run. Plain JSON.
 */
export interface Arrivals {
  /** The time at which rows came last. */
  lastMs: number
  /** The delays of the last arrivals: the time from the start of the oldest new run among them. */
  readonly delays: number[]
  /** The delays far beyond the usual ones, newest last. */
  readonly stragglers: number[]
  /** The fading numbers of runs, and of those that came far later than usual. */
  runs: number
  late: number
  /** The times from the start of a run to the end of its last row, for the last runs. */
  readonly spans: number[]
}

const KEPT = 40
const KEPT_STRAGGLERS = 8
const MIN_KNOWN = 5
/** The share of the counts that is left after each run. */
const FADING = 0.999
/** The maximum delay and span: what takes longer was imported, or never ended. */
const MAX_MS = 48 * HOUR_MS

export function arrivals(): Arrivals {
  return { lastMs: Number.NEGATIVE_INFINITY, delays: [], stragglers: [], runs: 0, late: 0, spans: [] }
}

/** Notes that rows of a new run came at `atMs`. Runs that come together count once, by the oldest: an import of a year is one delay. */
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

/** Notes the duration of a run that is over. */
export function noteSpan(known: Arrivals, spanMs: number): void {
  if (spanMs >= 0 && spanMs < MAX_MS) keepLast(known.spans, spanMs, KEPT)
}

/** Returns the time, in milliseconds after its start, by which the first row of a run usually has come; undefined if little is known. */
export function usualDelay({ delays }: Arrivals): number | undefined {
  return delays.length < MIN_KNOWN ? undefined : upper(delays)
}

/** Returns the time, in milliseconds, by which even stragglers have come. */
export function longestDelay({ stragglers, delays }: Arrivals): number {
  return Math.max(upper(delays), ...stragglers.map((delay) => 1.2 * delay))
}

/** Returns the probability that a run comes later than usual. */
export function lateChance({ runs, late }: Arrivals): number {
  return Math.min(1, (late + 0.1) / (runs + 20))
}

/** Returns the time, in milliseconds after its start, by which a run usually is over; undefined if little is known. */
export function usualSpan({ spans }: Arrivals): number | undefined {
  return spans.length < MIN_KNOWN ? undefined : upper(spans)
}

/** Returns a limit above all but the largest values, and half above most of them. */
function upper(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return Math.max(1.2 * (sorted.at(values.length < 20 ? -1 : -2) ?? 0), 1.5 * quantileIn(sorted, 0.9)) + 60_000
}
