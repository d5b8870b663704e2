export interface DeletionVectorDescriptor {
  /** The kind of storage: `u` a file named by a uuid, `p` an absolute path, `i` inline. */
  readonly storageType: string
  readonly pathOrInlineDv: string
  readonly offset?: number | null
  readonly sizeInBytes: number
  readonly cardinality: number
}

export type PartitionValues = Readonly<Record<string, string | null>>

export interface AddFile {
  /** The path of the file, percent-encoded, relative to the table or absolute. */
  readonly path: string
  readonly partitionValues: PartitionValues
  readonly size: number
  readonly modificationTime: number
  readonly dataChange: boolean
  /** The statistics, as JSON text. */
  readonly stats?: string | null
  readonly tags?: Readonly<Record<string, string | null>> | null
  readonly deletionVector?: DeletionVectorDescriptor | null
  readonly baseRowId?: number | null
  readonly defaultRowCommitVersion?: number | null
  readonly clusteringProvider?: string | null
}

export interface RemoveFile {
  readonly path: string
  readonly deletionTimestamp?: number | null
  readonly dataChange: boolean
  readonly extendedFileMetadata?: boolean | null
  readonly partitionValues?: PartitionValues | null
  readonly size?: number | null
  readonly tags?: Readonly<Record<string, string | null>> | null
  readonly deletionVector?: DeletionVectorDescriptor | null
  readonly baseRowId?: number | null
  readonly defaultRowCommitVersion?: number | null
}

export interface Metadata {
  readonly id: string
  readonly name?: string | null
  readonly description?: string | null
  readonly format: { readonly provider: string; readonly options?: Readonly<Record<string, string>> }
  /** The schema as JSON text. */
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  readonly createdTime?: number | null
}

export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[] | null
  readonly writerFeatures?: readonly string[] | null
}

export interface SetTransaction {
  readonly appId: string
  readonly version: number
  /** The version as it was written, if a number cannot hold it exactly. It is not part of the log. */
  readonly exactVersion?: string
  readonly lastUpdated?: number | null
}

export interface DomainMetadata {
  readonly domain: string
  readonly configuration: string
  readonly removed: boolean
}

/** The commit information. Other engines add keys of their own; only the ones that are read here have types. */
export interface CommitInfo {
  readonly timestamp?: number
  readonly inCommitTimestamp?: number
  readonly operation?: string
  readonly operationParameters?: Readonly<Record<string, unknown>>
  readonly operationMetrics?: Readonly<Record<string, string>>
  readonly readVersion?: number
  readonly isolationLevel?: string
  readonly isBlindAppend?: boolean
  readonly engineInfo?: string
  readonly txnId?: string
  readonly userMetadata?: string
  /** The facts that this engine notes, under one key of its own. */
  readonly forgeWriter?: ForgeCommitFacts
}

export interface ForgeCommitFacts {
  readonly operation: string
  readonly batchId: string | null
  readonly writer: string | null
  readonly runId: string | null
  readonly note: Readonly<Record<string, string>> | null
  readonly rowsInserted: number
  readonly rowsUpdated: number
  readonly rowsDeleted: number
  readonly rowsSkipped: number
}

export interface Sidecar {
  readonly path: string
  readonly sizeInBytes: number
  readonly modificationTime: number
}

/** One line of a commit; exactly one key is set. Unknown keys are ignored. */
export interface Action {
  readonly add?: AddFile
  readonly remove?: RemoveFile
  readonly metaData?: Metadata
  readonly protocol?: Protocol
  readonly txn?: SetTransaction
  readonly domainMetadata?: DomainMetadata
  readonly commitInfo?: CommitInfo
  readonly cdc?: { readonly path: string; readonly size: number }
  readonly sidecar?: Sidecar
}
