import { type CommitOptions, type CommitResult, WriterTableError, WriterUnsupportedError } from '@forge/writer-core'
import type { AddFile, Metadata } from '../actions/actions.ts'
import { decodePath } from '../actions/file-key.ts'
import { deletionVectorPath } from '../deletion-vector/deletion-vector.ts'
import type { Snapshot } from '../log/snapshot.ts'
import { readerFeatures } from '../protocol/table-features.ts'
import { columnMappingMode } from '../schema/column-mapping.ts'
import type { TableCore } from '../table/table-core.ts'
import { ALL_ROWS, NO_ROWS } from '../transaction/proposal.ts'
import { withHighWaterMarks } from './identity-marks.ts'
import { removeOf, sumOf, writeAlways } from './write-request.ts'

/**
 * Restores the table to its state at `target`, as a new version. Throws WriterTableError if files of that version are missing, WriterUnsupportedError
 * if readers of the current table would not understand it.
 */
export function restore(core: TableCore, target: Snapshot, commit: CommitOptions): Promise<CommitResult> {
  return writeAlways(core, {
    name: 'restore',
    kind: { changesRows: true, writesData: false },
    commit,
    async prepare({ snapshot }) {
      const now = core.settings.now()
      const current = snapshot?.state().files ?? new Map<string, AddFile>()
      const wanted = target.state().files
      const added = [...wanted].flatMap(([key, file]) => (current.has(key) ? [] : file))
      const removed = [...current].flatMap(([key, file]) => (wanted.has(key) ? [] : file))
      if (snapshot) assertUnderstood(snapshot, target)
      await assertThere(core, added)
      const metadata = restoredMetadata(snapshot, target)
      const changesMetadata = JSON.stringify(snapshot?.metadata) !== JSON.stringify(metadata)
      return {
        operation: 'RESTORE',
        parameters: { version: String(target.version), timestamp: 'null' },
        metrics: {
          numRestoredFiles: added.length,
          numRemovedFiles: removed.length,
          restoredFilesSize: sumOf(added),
          removedFilesSize: sumOf(removed),
          numOfFilesAfterRestore: wanted.size,
          tableSizeAfterRestore: sumOf([...wanted.values()]),
        },
        reads: ALL_ROWS,
        actions: [
          ...(changesMetadata ? [{ metaData: metadata }] : []),
          ...removed.map((file) => ({ remove: removeOf(file, now, true) })),
          ...added.map((file) => ({ add: { ...file, dataChange: true } })),
        ],
        rows: NO_ROWS,
      }
    },
  })
}

/** Throws WriterUnsupportedError if the version needs features that the protocol, which stays the same, does not name. */
function assertUnderstood(current: Snapshot, target: Snapshot): void {
  const known = readerFeatures(current.protocol)
  const missing = readerFeatures(target.protocol).filter((name) => !known.includes(name))
  // Ids of columns that were assigned since must never be assigned again.
  const isRemapped = [current, target].some(({ metadata }) => columnMappingMode(metadata) !== 'none')
  if (isRemapped && current.metadata.schemaString !== target.metadata.schemaString) missing.push('columnMapping')
  if (missing.length === 0) return
  throw new WriterUnsupportedError(`version ${target.version} cannot be restored: it needs ${missing.join(', ')}`, {
    context: { feature: missing[0], features: missing, version: target.version },
    suggestions: ['Restore it with the engine that changed the features of the table.'],
    committed: 'no',
  })
}

const TIMESTAMP_PROPERTY = /^delta\.(?:enableInCommitTimestamps$|inCommitTimestampEnablement)/

/**
 * Returns the metadata of the target. Properties that say which commits have timestamps describe the log and stay; identity columns keep their
 * high-water marks.
 */
function restoredMetadata(current: Snapshot | undefined, target: Snapshot): Metadata {
  const metadata = withHighWaterMarks(target.metadata, current?.metadata)
  const entries = (from: Metadata | undefined, isTimestamp: boolean) =>
    Object.entries(from?.configuration ?? {}).filter(([name]) => TIMESTAMP_PROPERTY.test(name) === isTimestamp)
  if (JSON.stringify(entries(metadata, true)) === JSON.stringify(entries(current?.metadata, true))) return metadata
  const configuration = Object.fromEntries([...entries(metadata, false), ...entries(current?.metadata, true)])
  return { ...metadata, configuration }
}

async function assertThere({ store }: TableCore, files: readonly AddFile[]): Promise<void> {
  const paths = new Set(
    files.flatMap(({ path, deletionVector }) => {
      const vector = deletionVector ? deletionVectorPath(deletionVector) : undefined
      return vector === undefined ? [decodePath(path)] : [decodePath(path), vector]
    }),
  )
  const found = await store.heads([...paths])
  const missing = found.filter((info) => info === undefined).length
  if (missing === 0) return
  throw new WriterTableError(`${missing} files of that version are missing`, {
    context: { missing },
    committed: 'no',
  })
}
