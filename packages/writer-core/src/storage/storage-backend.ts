import type { LogBatch } from '../batch/log-batch.ts'
import type { CommitOptions, CommitResult } from './commit.ts'
import type { LogTable, TableOptions, TableRef } from './log-table.ts'

/** A place where tables live. Closing it twice is fine; every call after that is a WriterTableError. */
export interface StorageBackend {
  /** Such as `duckdb`, `delta`, `memory`. */
  readonly name: string
  /** Path or address without secrets. */
  readonly location: string
  /** How long a call waits now for a lock that another holds; absent when the storage has no lock. */
  readonly lockTimeoutMs?: number
  /** Does not create anything. Tables opened twice share their state. */
  openTable(ref: TableRef, options?: TableOptions): Promise<LogTable>
  close(): Promise<void>

  /** Appends to several tables in one transaction: all or nothing. Results in the order of `writes`. */
  appendAll?(writes: readonly TableAppend[]): Promise<CommitResult[]>
  listTables?(): Promise<TableRef[]>
  /** Changes the engine that all tables of the storage share, for work that starts afterwards. */
  configureEngine?(settings: EngineSettings): void
  /** Bytes that the engine holds beside the JavaScript heap. */
  engineMemoryBytes?(): Promise<number>
  /**
   * Calls the listener when the storage finds that it lacks commits that it once held, or at once if it knows already: what is read then is not all that
   * was written. Returns the function that ends it.
   */
  onLoss?(listener: (loss: KnownLoss) => void): () => void
  /** Looks for damage and loss without changing anything. */
  doctor?(options?: DoctorOptions): Promise<DoctorReport>
  /** Mends what {@link doctor} found, keeps copies of what it replaces, and says what was dropped. */
  repair?(options?: DoctorOptions): Promise<DoctorReport>
}

export interface TableAppend {
  readonly table: LogTable
  readonly batch: LogBatch
  readonly commit: CommitOptions
}

export interface EngineSettings {
  /** Threads of the engine. */
  readonly parallelWriteThreads?: number
  /** Share of what the process may use, 0-1. */
  readonly memoryFraction?: number
  /** How long a call waits for a lock that another holds. */
  readonly lockTimeoutMs?: number
}

/** Commits that were acknowledged and are gone. */
export interface KnownLoss {
  /** How many are gone at least. */
  readonly commits: number
  /** Rows that they added; undefined if nobody knows. */
  readonly rows?: number | undefined
  /** What is gone, as the main part of a sentence. */
  readonly detail: string
}

export interface DoctorOptions {
  /** Read every value, so that damage within the data is found too. Default false. */
  readonly deep?: boolean | undefined
}

export interface DoctorReport {
  readonly healthy: boolean
  readonly checks: readonly DoctorCheck[]
}

export interface DoctorCheck {
  readonly name: string
  /** `busy`: another process has the storage in use, so nothing is known of it. */
  readonly status: 'ok' | 'warning' | 'problem' | 'repaired' | 'busy'
  readonly detail: string
  readonly suggestion?: string
}
