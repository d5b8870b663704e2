import type { Predicate } from '@forge/writer-core'
import type { Action, AddFile } from '../actions/actions.ts'

/**
 * The rows on which the rest of a change depends. They decide which other commits it can follow:
 * - `nothing`: a blind append
 * - `removed`: the files that it removes and whose rows it keeps (OPTIMIZE), whatever else is added meanwhile
 * - the rows that a predicate takes: a file that cannot hold one of them is of no concern
 */
export type ReadSet = 'nothing' | 'removed' | RowsRead

export interface RowsRead {
  readonly rows: Predicate
  /** The files that hold such rows and that the change leaves unchanged because of these rows. */
  readonly files?: readonly AddFile[] | undefined
}

export const ALL_ROWS: RowsRead = { rows: { op: 'true' } }

/** A change of the table, prepared against one snapshot and not committed yet. */
export interface Proposal {
  /** The name of the operation in other engines, such as `WRITE` or `MERGE`. */
  readonly operation: string
  /** The parameters as JSON text or plain words, as Spark writes them. */
  readonly parameters: Readonly<Record<string, string>>
  readonly metrics: Readonly<Record<string, number>>
  readonly reads: ReadSet
  /** The actions, without commit information and the transaction of the batch. */
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
