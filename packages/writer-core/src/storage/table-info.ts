import type { ColumnDefinition } from '../log/column-definition.ts'
import type { KnownLoss } from './storage-backend.ts'

export interface TableInfo {
  readonly exists: boolean
  readonly rowCount: number
  readonly columns: readonly ColumnDefinition[]
  readonly sizeBytes: number
  readonly files: number
  /** The current version; -1 if the table does not exist. */
  readonly version: number
  /** The path or address; `memory:` for the memory storage. */
  readonly location: string
  readonly partitionColumns: readonly string[]
  /** The known loss of the storage, in this table or another one. */
  readonly lost?: KnownLoss | undefined
}

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
  readonly batchId: string | null
  readonly writer: string | null
  readonly note: Readonly<Record<string, string>> | null
}

export interface TableHistory {
  readonly totalVersions: number
  /** The versions, newest first. */
  readonly versions: readonly TableVersion[]
}
