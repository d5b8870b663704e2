import type { ColumnDefinition } from '../column/column-definition.ts'

/** Facts about a table at one version. */
export interface TableInfo {
  readonly exists: boolean
  readonly rowCount: number
  readonly columns: readonly ColumnDefinition[]
  readonly sizeBytes: number
  /** Number of data files. */
  readonly files: number
  /** The current version; -1 if the table does not exist. */
  readonly version: number
  /** A text that is another one if the table was removed and created again; undefined if the storage does not know one. */
  readonly identity?: string | undefined
  /** The path or address; `memory:` for the memory storage. */
  readonly location: string
  readonly partitionColumns: readonly string[]
  /** The known loss of the storage, in this table or another one. */
  readonly lost?: KnownLoss | undefined
}

/** A loss of acknowledged commits. */
export interface KnownLoss {
  /** Minimum number of lost commits. */
  readonly commits: number
  /** Number of rows that they added; undefined if unknown. */
  readonly rows?: number | undefined
  /** A description of the loss, as a clause for messages. */
  readonly detail: string
}

/** The operation that created a version. */
export type TableOperation =
  | 'create'
  | 'append'
  | 'overwrite'
  | 'merge'
  | 'ignore'
  | 'delete'
  | 'evolve'
  | 'optimize'
  | 'vacuum'
  | 'restore'
  | 'migrate'
  | 'repair'

/** A version in the history of a table. */
export interface TableVersion {
  readonly version: number
  /** The time of the commit, ISO 8601 in UTC. */
  readonly timestamp: string
  /** The operation: a {@link TableOperation}, or the word of another engine that wrote the version. */
  readonly operation: TableOperation | (string & {})
  /** Number of rows of the table at this version. */
  readonly rowCount: number
  readonly sizeBytes: number
  readonly rowsAdded: number
  readonly rowsRemoved: number
  /** The batch id of the write; null if the version was not written with one. */
  readonly batchId: string | null
  /** Who wrote the version; null if unknown. */
  readonly writer: string | null
  readonly note: Readonly<Record<string, string>> | null
}

/** The history of a table. */
export interface TableHistory {
  /** Number of versions of the table, also if `limit` returns fewer. */
  readonly totalVersions: number
  /** The versions, newest first. */
  readonly versions: readonly TableVersion[]
}

/** Returns bytes as megabytes of 1,048,576 bytes. */
export function megabytes(bytes: number): number {
  return bytes / (1024 * 1024)
}
