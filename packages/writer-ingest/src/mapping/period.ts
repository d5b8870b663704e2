import { microsFromIso } from '@forge/writer-core/storage'
import type { InstantReader } from './instant.ts'

/** The start and end of a run or step, without implausible times. */
export interface Period {
  readonly start: string | null
  readonly end: string | null
  /** 0 if the start or the end is unknown. */
  readonly durationSecs: number
  /** True if the source gives an end before the start. */
  readonly isReversed: boolean
}

const MIN_TIME = '1900'

/**
 * Returns the instant of a text, or undefined if it is not a time or lies before computers existed, such as the year 1 that some tools write for
 * "never".
 */
export function readTime(text: string | null | undefined, instants: InstantReader): string | undefined {
  return plausibleTime(text ? instants.read(text) : undefined)
}

/** Returns an instant, ISO 8601 in UTC, unless it lies before computers existed. */
export function plausibleTime(time: string | undefined): string | undefined {
  return time === undefined || time < MIN_TIME ? undefined : time
}

/** Returns the period between two instants. An end before its start is ignored. */
export function periodOf(start: string | null | undefined, end: string | null | undefined): Period {
  const known = { start: start ?? null, end: end ?? null }
  if (known.start === null || known.end === null) return { ...known, durationSecs: 0, isReversed: false }
  const micros = microsFromIso(known.end) - microsFromIso(known.start)
  if (micros < 0n) return { start: known.start, end: null, durationSecs: 0, isReversed: true }
  return { ...known, durationSecs: Number(micros) / 1e6, isReversed: false }
}
