import { HOUR_MS } from '../baseline/calendar.ts'
import { quantileIn } from '../statistics/quantiles.ts'

/** How rows of a pipeline come into the log: how long after a run's start its first row, and how long a run lasts. Plain JSON. */
export interface Arrivals {
  /** When rows came last. */
  lastMs: number
  /** For the last times that rows came, how long before the oldest new run among them had started. */
  readonly delays: number[]
  /** From the start to the end of the last row, of the last runs. */
  readonly spans: number[]
}

const KEPT = 40
const MIN_KNOWN = 5
/** What takes longer was imported, or never ended. */
const MAX_MS = 48 * HOUR_MS

export function arrivals(): Arrivals {
  return { lastMs: Number.NEGATIVE_INFINITY, delays: [], spans: [] }
}

/** Notes that rows of a run that was not known came at `atMs`. What comes together counts once, by its oldest run: an import of a year is one delay. */
export function noteArrival(
  known: Arrivals,
  { startMs, atMs }: { readonly startMs: number; readonly atMs: number },
): void {
  if (atMs < startMs || atMs === known.lastMs || atMs - startMs > MAX_MS) return
  known.lastMs = atMs
  keepLast(known.delays, atMs - startMs)
}

/** Notes how long a run lasted that has come to its end. */
export function noteSpan(known: Arrivals, spanMs: number): void {
  if (spanMs >= 0 && spanMs < MAX_MS) keepLast(known.spans, spanMs)
}

/** Milliseconds after its start by which the first row of a run has come, as a rule; undefined where little is known. */
export function usualDelay({ delays }: Arrivals): number | undefined {
  return delays.length < MIN_KNOWN ? undefined : upper(delays)
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

function keepLast(list: number[], value: number): void {
  list.push(value)
  if (list.length > KEPT) list.shift()
}
