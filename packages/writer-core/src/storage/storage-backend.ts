import type { LogBatch } from '../batch/log-batch.ts'
import type { CommitOptions, CommitResult } from './commit.ts'
import type { LogTable, TableOptions, TableRef } from './log-table.ts'
import type { KnownLoss } from './table-info.ts'

/** A place that stores tables. It can be closed more than once; every other call after that is a WriterTableError. */
export interface StorageBackend {
  /** The name of the storage, such as `duckdb`, `delta` or `memory`. */
  readonly name: string
  /** The path or address, without secrets. */
  readonly location: string
  /** Maximum wait of a call for a lock that another process holds, in milliseconds; absent if the storage has no lock. */
  readonly lockTimeoutMs?: number | undefined
  /** Opens a table. Does not create anything. Several handles of one table share its state. */
  openTable(ref: TableRef, options?: TableOptions): Promise<LogTable>
  /** Closes the storage and all its tables. */
  close(): Promise<void>

  /**
   * Ends what the engine is doing now: the calls that wait for it throw, and their transactions are rolled back. Other calls go on, and later ones
   * work. Storages of this process that share the engine are interrupted, too.
   */
  interrupt?(): void

  /** Appends to several tables in one transaction: all or nothing. The results have the order of `writes`. */
  appendAll?(writes: readonly TableAppend[]): Promise<CommitResult[]>
  /** Returns the tables that exist. */
  listTables?(): Promise<TableRef[]>
  /** Configures the engine that all tables of the storage share. Affects only work that starts afterwards. */
  configureEngine?(settings: EngineSettings): void
  /** Returns the memory of the engine outside of the JavaScript heap, in bytes. */
  engineMemoryBytes?(): Promise<number>
  /**
   * Calls the listener when the storage finds that it has lost commits, or immediately if that is already known: rows that were written are then
   * missing from what is read. Returns the function that removes the listener.
   */
  onLoss?(listener: (loss: KnownLoss) => void): () => void
  /**
   * Returns a text that changes whenever a table changes. It opens nothing and waits for no lock, so that many readers can call it often. Readers of
   * a storage without it compare the versions of its tables.
   */
  changeMark?(): Promise<string>
  /**
   * Calls the listener soon after a table changes, by whatever process, and after a time in which it may have missed changes. A call does not prove a
   * change, and changes may be missed while the server is away, so that readers still compare the state from time to time. Returns the function that ends
   * it; `close` ends it, too.
   */
  watchChanges?(listener: () => void): () => Promise<void>
  /** Checks for damage and loss without changing anything. */
  doctor?(options?: DoctorOptions): Promise<DoctorReport>
  /** Repairs what {@link doctor} found, keeps copies of what it replaces, and reports what was dropped. */
  repair?(options?: DoctorOptions): Promise<DoctorReport>
}

/** An append to one of several tables. */
export interface TableAppend {
  readonly table: LogTable
  readonly batch: LogBatch
  readonly commit: CommitOptions
}

/** The settings of an engine. */
export interface EngineSettings {
  /** Threads of the engine. */
  readonly parallelWriteThreads?: number | undefined
  /** The share of the process's memory limit, 0-1. */
  readonly memoryFraction?: number | undefined
  /** Maximum wait of a call for a lock that another process holds, in milliseconds. */
  readonly lockTimeoutMs?: number | undefined
}

/** The options of `doctor` and `repair`. */
export interface DoctorOptions {
  /** Reads every value, so that damage within data files is found too. Default false. */
  readonly deep?: boolean | undefined
}

/** The result of `doctor` or `repair`. */
export interface DoctorReport {
  readonly healthy: boolean
  readonly checks: readonly DoctorCheck[]
}

/** The result of one check. */
export interface DoctorCheck {
  readonly name: string
  /** The status; `busy` if another process uses the storage, so that it could not be checked. */
  readonly status: 'ok' | 'warning' | 'problem' | 'repaired' | 'busy'
  readonly detail: string
  readonly suggestion?: string | undefined
}

/** Returns the report of the checks: a storage is healthy if each check passed, or repaired what it found. */
export function doctorReport(checks: readonly DoctorCheck[]): DoctorReport {
  return { healthy: checks.every(({ status }) => status === 'ok' || status === 'repaired'), checks }
}
