import type { Position } from './adapter.ts'
import type { RecordedFailure } from './failures.ts'

/** The result of ingesting one file. `records` is the sum of the seven counts that follow. */
export interface IngestReport {
  readonly file: string
  readonly format: string
  readonly records: number
  /** Rows that were inserted or updated. */
  readonly written: number
  /** Rows of batches that were already stored. */
  readonly alreadyThere: number
  /** Rows that a later row of the same file replaced (same run, attempt, phase and step). */
  readonly replaced: number
  readonly rejected: number
  /** Records that are part of the row of another record, such as the START event of a job that has ended. */
  readonly folded: number
  /** Records of jobs that have not ended yet. */
  readonly pending: number
  /** Records that do not describe a run. */
  readonly ignored: number
  /** Ids of the runs in the file, up to 100. */
  readonly runs: readonly string[]
  /** Steps and runs of the file that failed, whether they are new or were stored before. */
  readonly failedRows: number
  /** The first 100 of them, and why they failed. */
  readonly failures: readonly RecordedFailure[]
  readonly warnings: readonly string[]
  /** The duration of the call in milliseconds. */
  readonly durationMs: number
}

/** A rejected record. */
export interface Reject extends Position {
  readonly file: string
  readonly reason: string
  /** The text of the record, up to 64 kB; an invalid row as JSON. */
  readonly record: string
}
