/** What every write carries besides its rows. */
export interface CommitOptions {
  /** Stored in the same transaction as the rows. A batch id that is there already makes the write succeed without writing. */
  readonly batchId: string
  /** Who writes, for history and audit. Default: user, host and process id. */
  readonly writer?: string
  readonly runId?: string
  /** Kept with the version and shown by history. */
  readonly note?: Readonly<Record<string, string>>
}

export interface CommitResult {
  /** The table's version after the write. */
  readonly version: number
  /** True where the batch id was there before: nothing was written, and the figures are those of the first write. */
  readonly alreadyWritten: boolean
  /** ISO 8601, UTC. */
  readonly timestamp: string
  /** Rows inserted or updated. */
  readonly rowsWritten: number
  readonly rowsInserted: number
  readonly rowsUpdated: number
  readonly rowsDeleted: number
  /** Rows left out because their key was there (`ignore`). */
  readonly rowsSkipped: number
}

export interface MergeOptions {
  /** Columns that identify a row; null keys match nothing. */
  readonly keys: readonly string[]
  /**
   * `update` replaces the stored row but keeps its `created_at` where the table has one; `ignore` leaves it. Of rows in one batch with equal keys
   * the last wins (`update`) or the first (`ignore`).
   */
  readonly whenMatched: 'update' | 'ignore'
}
