import type { Connections } from './connection/connections.ts'
import type { TableShape } from './table/table-state.ts'

/** What this process has seen of the server. It may have changed since. */
export interface KnownServer {
  /** True if the journal has been seen. */
  hasJournal: boolean
  /** The tables by their names in SQL. */
  readonly tables: Map<string, TableShape>
}

/** The parts that the tables of a storage share. */
export interface ServerHost {
  readonly connections: Connections
  readonly location: string
  readonly known: KnownServer
  /** The column by whose months new tables that have it are partitioned. */
  readonly partitionByMonth: string | undefined
  /** True if each commit is notified to those who listen. */
  readonly notifiesChanges: boolean
  lockTimeoutMs(): number
  /** Throws WriterTableError if the storage is closed. */
  assertOpen(): void
  /** Throws WriterUnsupportedError if the storage was opened with `readOnly`. */
  assertWritable(): void
}
