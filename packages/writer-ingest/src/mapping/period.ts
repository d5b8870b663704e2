import { microsFromIso } from '@forge/writer-core'
import type { InstantReader } from './instant.ts'

/** When something began and ended, as far as its source can be believed. */
export interface Period {
  readonly start: string | null
  readonly end: string | null
  /** 0 when one of both is not known. */
  readonly durationSecs: number
  /** True when the source puts the end before the start. */
  readonly isReversed: boolean
}

const MIN_TIME = '1900'

/** Returns the instant of a text; undefined for what is not a time, and for times of centuries without computers, such as the year 1 with which tools say "never". */
export function readTime(text: string | null | undefined, instants: InstantReader): string | undefined {
  return believed(text ? instants.read(text) : undefined)
}

/** Returns an instant, ISO 8601 in UTC, unless it lies in a time without computers. */
export function believed(time: string | undefined): string | undefined {
  return time === undefined || time < MIN_TIME ? undefined : time
}

/** Returns the period between two instants. An end before its start is not an end. */
export function periodOf(start: string | null | undefined, end: string | null | undefined): Period {
  const known = { start: start ?? null, end: end ?? null }
  if (known.start === null || known.end === null) return { ...known, durationSecs: 0, isReversed: false }
  const micros = microsFromIso(known.end) - microsFromIso(known.start)
  if (micros < 0n) return { start: known.start, end: null, durationSecs: 0, isReversed: true }
  return { ...known, durationSecs: Number(micros) / 1e6, isReversed: false }
}
