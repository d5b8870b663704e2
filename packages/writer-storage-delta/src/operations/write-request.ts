import { type CommitOptions, type CommitResult, WriterSchemaError, WriterTableError } from '@forge/writer-core'
import { fromEngineError, quoteIdentifier, type Session, type SqlQuery } from '@forge/writer-storage-duckdb/engine'
import type { AddFile, Metadata, RemoveFile } from '../actions/actions.ts'
import type { SmallFile } from '../data/small-file.ts'
import { discardFiles, storeSmallFile, type WrittenFile, writeFiles } from '../data/write-files.ts'
import { batchAppId } from '../log/live-transactions.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { assertWritable, type WriteKind } from '../protocol/writer-gate.ts'
import { isRequired } from '../schema/log-columns.ts'
import { parseSchema } from '../schema/schema-json.ts'
import type { TableCore } from '../table/table-core.ts'
import { findBatch } from '../transaction/batch-transaction.ts'
import type { Proposal } from '../transaction/proposal.ts'
import { runTransaction, type TransactionRequest } from '../transaction/transaction.ts'
import { assertConstraints, constraintsOf } from './constraints.ts'

/** The means of an operation while it prepares its change. */
export interface Preparation {
  /** Returns the session of this write, opened on the first call. */
  session(): Promise<Session>
  readonly snapshot: Snapshot | undefined
  /** Writes rows with the columns of the table to new files, which are deleted if the commit fails. */
  write(metadata: Metadata, rows: SqlQuery, options?: WriteOptions): Promise<WrittenFile[]>
  /** Stores new rows that are already encoded as a file. */
  store(metadata: Metadata, file: SmallFile): Promise<WrittenFile[]>
}

export interface WriteOptions {
  /** True if the table's rows change. Default true. */
  readonly dataChange?: boolean | undefined
  /** See {@link WriteFilesOptions}. */
  readonly mayHoldMarks?: (() => boolean) | undefined
  /** Returns texts that partition columns may hold in addition to those of the table. Default none. */
  readonly partitionTexts?: (() => Iterable<string>) | undefined
}

export interface WriteRequest {
  readonly name: string
  readonly kind: WriteKind
  readonly commit?: CommitOptions | undefined
  readonly compression?: string | undefined
  readonly targetFileBytes?: number | undefined
  /** The number of attempts. Default that of the storage. */
  readonly maxAttempts?: number | undefined
  /** True if {@link prepare} depends on nothing but the table's metadata, and may be called again. Default false. */
  readonly isBlind?: boolean | undefined
  prepare(preparation: Preparation): Promise<Proposal | undefined>
}

/** Runs one change of the table. Resolves with undefined if there was nothing to do. */
export function write(core: TableCore, request: WriteRequest): Promise<CommitResult | undefined> {
  return core.exclusive(request.name, (session) => runWrite(core, request, session))
}

/** Runs {@link write} so that other writes of this process only wait for its commit. */
export function writeBeside(core: TableCore, request: WriteRequest): Promise<CommitResult | undefined> {
  return core.concurrent(request.name, (session) =>
    runWrite(core, request, session, (commit) => core.exclusive(request.name, commit)),
  )
}

async function runWrite(
  core: TableCore,
  request: WriteRequest,
  session: Preparation['session'],
  inTurn?: TransactionRequest['inTurn'],
): Promise<CommitResult | undefined> {
  const { settings, store } = core
  const written: WrittenFile[] = []
  const prepare = (snapshot: Snapshot | undefined) =>
    request.prepare({ session, snapshot, ...fileWriters(core, request, { session, snapshot }, written) })
  const discard = () => discardFiles(store, written.splice(0))
  const { start, early } = await startWrite(core, request, prepare, discard)
  const outcome = await runTransaction(
    store,
    start,
    {
      name: request.name,
      kind: request.kind,
      commit: request.commit,
      inTurn,
      prepare: (snapshot) => early.splice(0).at(0) ?? prepare(snapshot),
      discard,
    },
    { ...settings, maxAttempts: request.maxAttempts ?? settings.maxAttempts },
  )
  if (outcome.outcome !== 'committed') await discard()
  if (outcome.snapshot) core.remember(outcome.snapshot)
  if (outcome.outcome === 'nothing') return undefined
  if (outcome.outcome === 'alreadyWritten') return alreadyWritten(core, outcome.snapshot, request.commit)
  const { inserted, updated, deleted, skipped } = outcome.proposal.rows
  return {
    version: outcome.snapshot.version,
    alreadyWritten: false,
    timestamp: new Date(outcome.timestampMs).toISOString(),
    rowsWritten: inserted + updated,
    rowsInserted: inserted,
    rowsUpdated: updated,
    rowsDeleted: deleted,
    rowsSkipped: skipped,
  }
}

/**
 * Loads the newest snapshot. Over a network, a change that depends on the metadata only is prepared meanwhile against the known one. `early` holds the
 * proposal if the metadata is still the same.
 */
async function startWrite(
  core: TableCore,
  { isBlind = false, kind, commit }: WriteRequest,
  prepare: (snapshot: Snapshot) => Promise<Proposal | undefined>,
  discard: () => Promise<void>,
): Promise<{ readonly start: Snapshot | undefined; readonly early: Promise<Proposal | undefined>[] }> {
  const known = core.known()
  const isStored = commit !== undefined && known?.transaction(batchAppId(commit.batchId)) !== undefined
  if (!core.store.isRemote || !isBlind || known === undefined || isStored)
    return { start: await core.latest(), early: [] }
  const prepareEarly = async () => {
    assertWritable(known, kind)
    return prepare(known)
  }
  const [proposal, newest] = await Promise.allSettled([prepareEarly(), core.latest()])
  const start = newest.status === 'fulfilled' ? newest.value : undefined
  if (start && isSameTable(start, known) && proposal.status === 'fulfilled')
    return { start, early: [Promise.resolve(proposal.value)] }
  await discard()
  if (newest.status === 'rejected') throw newest.reason
  // What is wrong with the change is found again, against the newest metadata.
  return { start, early: [] }
}

function isSameTable(a: Snapshot, b: Snapshot): boolean {
  return JSON.stringify([a.metadata, a.protocol]) === JSON.stringify([b.metadata, b.protocol])
}

/** Returns functions that write files. They add the files to `written` before they check them. */
function fileWriters(
  { settings, store, shapes }: TableCore,
  request: WriteRequest,
  { session, snapshot }: Pick<Preparation, 'session' | 'snapshot'>,
  written: WrittenFile[],
): Pick<Preparation, 'write' | 'store'> {
  async function writeChecked(metadata: Metadata, isNew: boolean, work: () => Promise<WrittenFile[]>) {
    const constraints = isNew ? constraintsOf(metadata) : []
    const files = await work()
    written.push(...files)
    assertRequired(metadata, files)
    assertNoEmptyPartition(files)
    if (constraints.length > 0) {
      const adds = files.map(({ add }) => add)
      await assertConstraints({ store, session: await session(), shapes }, metadata, adds, constraints)
    }
    return files
  }

  return {
    write: (metadata, rows, { dataChange = true, mayHoldMarks, partitionTexts = () => [] } = {}) =>
      writeChecked(metadata, dataChange, async () =>
        writeFiles(store, await session(), metadata, rows, {
          compression: request.compression ?? settings.compression,
          targetFileBytes: request.targetFileBytes ?? settings.targetFileBytes,
          dataChange,
          mayHoldMarks,
          partitionTexts: () => [...partitionTexts(), ...storedPartitionTexts(snapshot)],
        }).catch((error: unknown) => {
          throw fromEngineError(error, request.name, { committed: 'no' })
        }),
      ),
    store: (metadata, file) => writeChecked(metadata, true, async () => [await storeSmallFile(store, metadata, file)]),
  }
}

function storedPartitionTexts(snapshot: Snapshot | undefined): string[] {
  const files = [...(snapshot?.state().files.values() ?? [])]
  return files.flatMap(({ partitionValues }) => Object.values(partitionValues ?? {}).filter((value) => value !== null))
}

/** Runs {@link write} for an operation that always commits. */
export async function writeAlways(core: TableCore, request: WriteRequest): Promise<CommitResult> {
  const result = await write(core, request)
  if (result === undefined) throw new WriterTableError(`${request.name} made no commit`, { committed: 'no' })
  return result
}

async function alreadyWritten(core: TableCore, snapshot: Snapshot, commit: CommitOptions | undefined) {
  return commit && findBatch(core.store, snapshot, commit.batchId)
}

/** Returns the remove of a file whose rows were deleted or moved. */
export function removeOf(add: AddFile, now: Date, dataChange: boolean): RemoveFile {
  return {
    path: add.path,
    // The clocks of writers may differ: a file is never removed before it was created.
    deletionTimestamp: Math.max(now.getTime(), add.modificationTime ?? 0),
    dataChange,
    extendedFileMetadata: true,
    partitionValues: add.partitionValues,
    size: add.size,
    tags: add.tags,
    deletionVector: add.deletionVector,
  }
}

/** Returns a `select` list of expressions with the names of the table's columns. */
export function selectList(expressions: readonly { readonly name: string; readonly sql: string }[]): string {
  return expressions.map(({ name, sql }) => `${sql} as ${quoteIdentifier(name)}`).join(', ')
}

export function sumOf(files: readonly { readonly size?: number | null | undefined }[]): number {
  return files.reduce((sum, { size }) => sum + (size ?? 0), 0)
}

function assertRequired(metadata: Metadata, files: readonly WrittenFile[]): void {
  const nulls = new Set(files.flatMap((file) => file.nullColumns))
  const missing = parseSchema(metadata).fields.flatMap((field) =>
    isRequired(field) && nulls.has(field.name) ? field.name : [],
  )
  if (missing.length === 0) return
  throw new WriterSchemaError(`columns must have a value in each row: ${missing.join(', ')}`, {
    context: { columns: missing },
    committed: 'no',
  })
}

/** Throws WriterSchemaError if a partition value is the empty text, which readers of a Delta table take for null. */
function assertNoEmptyPartition(files: readonly WrittenFile[]): void {
  const columns = [...new Set(files.flatMap(({ emptyPartitions }) => emptyPartitions))]
  if (columns.length === 0) return
  throw new WriterSchemaError(`partition columns of a Delta table cannot hold empty text: ${columns.join(', ')}`, {
    context: { columns },
    suggestions: ['Set these values to null or to a non-empty text.', 'Partition a new table by other columns.'],
    committed: 'no',
  })
}
