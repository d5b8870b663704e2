/** Rows of one worker: keys `from` to `to` (exclusive) under its own prefix, all with one value. */
export interface KeyRange {
  readonly from: number
  readonly to: number
  readonly value: number
}

/** One step of a worker. Only steps with a batch id change rows, and only those of the worker's own prefix. */
export type Operation =
  | { readonly kind: 'append'; readonly batchId: string; readonly rows: KeyRange }
  | { readonly kind: 'stream'; readonly batchId: string; readonly rows: KeyRange }
  | {
      readonly kind: 'merge'
      readonly batchId: string
      readonly rows: KeyRange
      readonly whenMatched: 'update' | 'ignore'
    }
  | { readonly kind: 'replace'; readonly batchId: string; readonly rows: KeyRange }
  | { readonly kind: 'delete'; readonly batchId: string; readonly below: number }
  /** Writes a batch again that was acknowledged before: must change nothing. */
  | { readonly kind: 'retry'; readonly batchId: string; readonly prefix: string; readonly rows: KeyRange }
  | { readonly kind: 'count' | 'optimize' | 'vacuum' | 'reopen' }

/** What a worker notes in its file, one JSON object a line: before an operation, and after its promise was settled. */
export type JournalLine =
  | { readonly at: number; readonly state: 'started' }
  | {
      readonly at: number
      readonly state: 'done'
      readonly version?: number
      readonly count?: number
      readonly alreadyWritten?: boolean
    }
  | {
      readonly at: number
      readonly state: 'failed'
      readonly code: string
      readonly committed: string
      readonly message: string
    }

export interface WorkerTask {
  readonly storage: StorageName
  readonly path: string
  readonly journal: string
  readonly prefix: string
  readonly operations: readonly Operation[]
  /** Added to the wall clock of the worker. */
  readonly clockShiftMs: number
  /** Pause after each operation, so that the workers meet in different moments. */
  readonly idleMs: number
}

/** The kinds of tables. `s3` is a Delta table in an object store. */
export type StorageName = 'duckdb' | 'delta' | 's3'
