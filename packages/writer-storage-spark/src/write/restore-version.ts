import type { CommitOptions } from '@forge/writer-core'
import { findBatch } from '../journal/find-batch.ts'
import { versionNumber } from '../journal/version-number.ts'
import { sql } from '../plan/relations.ts'
import type { TableWrite } from './commit-write.ts'

/** Returns the write that restores an earlier version. Delta does not remember it as a transaction, so an earlier one is looked up first. */
export function restoreWrite(version: number | Date, commit: CommitOptions): TableWrite {
  return {
    operation: 'restore',
    commit,
    usesSettings: true,
    async plan(state, ways) {
      const found = await findBatch(ways, state, commit.batchId)
      if (found) return { found }
      const number = await versionNumber(ways, state, version)
      const input = sql(`restore table ${state.place.name} to version as of ${number}`)
      return {
        rows: 0,
        command: () => ({
          opType: { case: 'command', value: { commandType: { case: 'sqlCommand', value: { input } } } },
        }),
      }
    },
  }
}
