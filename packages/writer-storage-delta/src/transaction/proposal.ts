import type { Action } from '../log/actions.ts'

/**
 * What the rest of a change depends on, and so which other commits it can stand beside:
 * - `nothing`: a blind append
 * - `removed`: the files that it removes and whose rows it keeps (OPTIMIZE), whatever else is added meanwhile
 * - `table`: all rows
 */
export type ReadSet = 'nothing' | 'removed' | 'table'

/** A change of the table, prepared against one snapshot and not committed yet. */
export interface Proposal {
  /** The word by which other engines know it, such as `WRITE` or `MERGE`. */
  readonly operation: string
  /** JSON text or plain words, as Spark writes them. */
  readonly parameters: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly reads: ReadSet
  /** Everything but commit information and the transaction of the batch. */
  readonly actions: readonly Action[]
  readonly rows: RowCounts
}

export interface RowCounts {
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  readonly skipped: number
}

export const NO_ROWS: RowCounts = { inserted: 0, updated: 0, deleted: 0, skipped: 0 }
