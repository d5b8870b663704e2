import type { Predicate } from '../predicate/predicate.ts'
import { isoFromMicros, microsFromDate } from '../time/instant.ts'

/** The metadata of a write. */
export interface CommitOptions {
  /** The id of the write, stored in the same transaction as the rows. If the table already has it, the write succeeds without writing. */
  readonly batchId: string
  /** Who writes, for history and audits. Default: user, host and process id. */
  readonly writer?: string | undefined
  readonly runId?: string | undefined
  /** Notes that are stored with the version and shown in its history. */
  readonly note?: Readonly<Record<string, string>> | undefined
}

export interface CommitResult {
  /** The version of the table after the write. */
  readonly version: number
  /** True if the table already had the batch id: nothing was written, and the figures are those of the first write. */
  readonly alreadyWritten: boolean
  /** The time of the commit, ISO 8601 in UTC. */
  readonly timestamp: string
  /** Number of rows inserted or updated. */
  readonly rowsWritten: number
  readonly rowsInserted: number
  readonly rowsUpdated: number
  readonly rowsDeleted: number
  /** Number of rows skipped because their key already existed (`ignore`). */
  readonly rowsSkipped: number
}

export interface MergeOptions {
  /** The columns that identify a row; a null in a key matches nothing. */
  readonly keys: readonly string[]
  /**
   * What happens to stored rows with the same key. `update` replaces the stored row, except its `created_at`; `ignore` keeps it. If rows of one batch
   * have equal keys, the last one wins (`update`) or the first one (`ignore`).
   */
  readonly whenMatched: 'update' | 'ignore'
}

/** Returns the result of a write that found no table and does not create one. */
export function nothingWritten(): CommitResult {
  const figures = { rowsWritten: 0, rowsInserted: 0, rowsUpdated: 0, rowsDeleted: 0, rowsSkipped: 0 }
  return { version: -1, alreadyWritten: false, timestamp: isoFromMicros(microsFromDate(new Date())), ...figures }
}

/** The target of `overwrite`: all rows or those that match `where`, and the metadata of the write. */
export type OverwriteTarget = readonly [commit: CommitOptions] | readonly [where: Predicate, commit: CommitOptions]

/** Returns the target by its parts. */
export function overwriteParts(target: OverwriteTarget): {
  readonly where: Predicate | undefined
  readonly commit: CommitOptions
} {
  return target.length === 1 ? { where: undefined, commit: target[0] } : { where: target[0], commit: target[1] }
}
