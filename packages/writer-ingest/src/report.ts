import type { Position } from './adapter.ts'

/** What became of the records of one file: `records` is the sum of the seven that follow. */
export interface IngestReport {
  readonly file: string
  readonly format: string
  readonly records: number
  /** Rows that were inserted or updated. */
  readonly written: number
  /** Rows of batches that had been recorded before. */
  readonly alreadyThere: number
  /** Rows that a later row of the same file replaced (same run, attempt, phase and step). */
  readonly replaced: number
  readonly rejected: number
  /** Records that are part of a row which another record stands for, such as the START of a job that has ended. */
  readonly folded: number
  /** Records of what has not ended yet. */
  readonly pending: number
  /** Records that tell of no run. */
  readonly ignored: number
  /** Ids of the runs in it, up to 100. */
  readonly runs: readonly string[]
  readonly warnings: readonly string[]
  readonly durationSecs: number
}

/** A record that was not taken. */
export interface Reject extends Position {
  readonly file: string
  readonly reason: string
  /** Its text, up to 64 kB; a row that was read but is not valid, as JSON. */
  readonly record: string
}
