import type { CommitOptions, LogBatch, TableOperation, TableOptions, TableRef } from '@forge/writer-core'
import type { Connections, Session } from '../connection/connections.ts'
import type { CommitFigures } from '../journal/journal.ts'
import type { KnownServer } from '../server-host.ts'
import type { NewTable, TableShape } from '../table/table-state.ts'
import type { TableHold } from './table-locks.ts'

/** The batch of an append, and the options of its table. */
export interface AppendedBatch {
  readonly batch: LogBatch
  readonly options: TableOptions
}

/** The part of a transaction that changes one table. */
export interface TableWrite {
  readonly ref: TableRef
  readonly declared: NewTable
  readonly operation: TableOperation
  readonly commit: CommitOptions
  /** `shared` for an append. An append that must change the table is repeated with the table to itself. */
  readonly hold: TableHold
  /** The batch, if the write only appends it. */
  readonly appended?: AppendedBatch | undefined
  /** If true, the write does nothing when the table does not exist. Default false: the write creates it. */
  readonly needsTable?: boolean | undefined
  /** Changes rows in the transaction. Throws {@link NeedsTable} if it holds the table shared and must change its columns. */
  change(session: Session, state: TableShape, hold: TableHold): Promise<CommitFigures>
}

/** The error of an append that must change the columns of a table that it shares. */
export class NeedsTable extends Error {
  override name = 'NeedsTable'
}

/** The error that a source of batches threw. */
export class SourceError extends Error {
  override name = 'SourceError'
}

export interface WriteSurroundings {
  readonly connections: Connections
  readonly known: KnownServer
  /** True if the commit is notified to those who listen. */
  readonly notifiesChanges: boolean
  readonly lockTimeoutMs: number
}
