import { type CommitOptions, type CommitResult, WriterTableError } from '@forge/writer-core'
import type { AddFile } from '../log/actions.ts'
import { decodePath } from '../log/file-key.ts'
import type { Snapshot } from '../log/snapshot.ts'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS } from '../transaction/proposal.ts'
import { removeOf, sumOf, writeAlways } from './write-request.ts'

/** Makes the table what it was at `target`, as a new version. Throws WriterTableError where files of it are gone. */
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
      await assertThere(core, added)
      const changesMetadata = JSON.stringify(snapshot?.metadata) !== JSON.stringify(target.metadata)
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
        reads: 'table',
        actions: [
          ...(changesMetadata ? [{ metaData: target.metadata }] : []),
          ...removed.map((file) => ({ remove: removeOf(file, now, true) })),
          ...added.map((file) => ({ add: { ...file, dataChange: true } })),
        ],
        rows: NO_ROWS,
      }
    },
  })
}

async function assertThere({ store }: TableCore, files: readonly AddFile[]): Promise<void> {
  const found = await Promise.all(files.map((file) => store.head(decodePath(file.path))))
  const missing = files.filter((_file, at) => found[at] === undefined)
  if (missing.length === 0) return
  throw new WriterTableError(`${missing.length} data files of that version are gone`, {
    context: { missing: missing.length },
    committed: 'no',
  })
}
