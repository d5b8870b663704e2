export interface DeletionVectorDescriptor {
  /** The kind of storage: `u` a file named by a uuid, `p` an absolute path, `i` inline. */
  readonly storageType: string
  readonly pathOrInlineDv: string
  readonly offset?: number | null | undefined
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
  readonly stats?: string | null | undefined
  readonly tags?: Readonly<Record<string, string | null>> | null | undefined
  readonly deletionVector?: DeletionVectorDescriptor | null | undefined
  readonly baseRowId?: number | null | undefined
  readonly defaultRowCommitVersion?: number | null | undefined
  readonly clusteringProvider?: string | null | undefined
}

export interface RemoveFile {
  readonly path: string
  readonly deletionTimestamp?: number | null | undefined
  readonly dataChange: boolean
  readonly extendedFileMetadata?: boolean | null | undefined
  readonly partitionValues?: PartitionValues | null | undefined
  readonly size?: number | null | undefined
  readonly tags?: Readonly<Record<string, string | null>> | null | undefined
  readonly deletionVector?: DeletionVectorDescriptor | null | undefined
  readonly baseRowId?: number | null | undefined
  readonly defaultRowCommitVersion?: number | null | undefined
}

export interface Metadata {
  readonly id: string
  readonly name?: string | null | undefined
  readonly description?: string | null | undefined
  readonly format: { readonly provider: string; readonly options?: Readonly<Record<string, string>> | undefined }
  /** The schema as JSON text. */
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  readonly configuration: Readonly<Record<string, string>>
  readonly createdTime?: number | null | undefined
}

export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[] | null | undefined
  readonly writerFeatures?: readonly string[] | null | undefined
}

export interface SetTransaction {
  readonly appId: string
  readonly version: number
  /** The version as it was written, if a number cannot hold it exactly. It is not part of the log. */
  readonly exactVersion?: string | undefined
  readonly lastUpdated?: number | null | undefined
}

export interface DomainMetadata {
  readonly domain: string
  readonly configuration: string
  readonly removed: boolean
}

/** The commit information. Other engines add keys of their own; only the ones that are read here have types. */
export interface CommitInfo {
  readonly timestamp?: number | undefined
  readonly inCommitTimestamp?: number | undefined
  readonly operation?: string | undefined
  readonly operationParameters?: Readonly<Record<string, unknown>> | undefined
  readonly operationMetrics?: Readonly<Record<string, string>> | undefined
  readonly readVersion?: number | undefined
  readonly isolationLevel?: string | undefined
  readonly isBlindAppend?: boolean | undefined
  readonly engineInfo?: string | undefined
  readonly txnId?: string | undefined
  readonly userMetadata?: string | undefined
  /** The facts that this engine notes, under one key of its own. */
  readonly forgeWriter?: ForgeCommitFacts | undefined
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
  readonly add?: AddFile | undefined
  readonly remove?: RemoveFile | undefined
  readonly metaData?: Metadata | undefined
  readonly protocol?: Protocol | undefined
  readonly txn?: SetTransaction | undefined
  readonly domainMetadata?: DomainMetadata | undefined
  readonly commitInfo?: CommitInfo | undefined
  readonly cdc?: { readonly path: string; readonly size: number } | undefined
  readonly sidecar?: Sidecar | undefined
}
