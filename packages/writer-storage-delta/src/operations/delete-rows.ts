import type { CommitOptions, CommitResult, Predicate } from '@forge/writer-core'
import { nothingWritten } from '@forge/writer-core/storage'
import type { TableCore } from '../table/table-core.ts'
import { NO_ROWS } from '../transaction/proposal.ts'
import { conditionText } from './condition-text.ts'
import { planRewrite } from './rewrite.ts'
import { removeOf, write } from './write-request.ts'

/** Deletes the rows for which `where` is true. Files without such rows stay unchanged. Does not create a table. */
export async function deleteRows(core: TableCore, where: Predicate, commit: CommitOptions): Promise<CommitResult> {
  const result = await write(core, {
    name: 'delete',
    kind: { changesRows: true, writesData: true },
    commit,
    async prepare(preparation) {
      const { snapshot } = preparation
      const parameters = { predicate: conditionText(where, snapshot) }
      const now = core.settings.now()
      if (snapshot === undefined) return undefined
      const { touched, rowsTaken, kept } = await planRewrite(core, preparation, snapshot, where)
      const files = kept ? await preparation.write(snapshot.metadata, kept) : []
      const copied = files.reduce((sum, file) => sum + file.rows, 0)
      return {
        operation: 'DELETE',
        parameters,
        metrics: {
          numRemovedFiles: touched.length,
          numAddedFiles: files.length,
          numDeletedRows: rowsTaken,
          numCopiedRows: copied,
        },
        reads: { rows: where },
        actions: [
          ...touched.map((file) => ({ remove: removeOf(file, now, true) })),
          ...files.map(({ add }) => ({ add })),
        ],
        rows: { ...NO_ROWS, deleted: rowsTaken },
      }
    },
  })
  return result ?? nothingWritten()
}
