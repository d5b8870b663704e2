import type { CommitResult } from '@forge/writer-core'
import type { SetTransaction } from '../log/actions.ts'
import { readCommit } from '../log/commit-file.ts'
import { commitInfoOf, type Snapshot } from '../log/snapshot.ts'
import type { ObjectStore } from '../store/object-store.ts'

const APP_PREFIX = 'forge-writer/'

/** The application id under which a batch is remembered; the transaction's version is that of the commit. */
export function batchAppId(batchId: string): string {
  return APP_PREFIX + batchId
}

export function isBatchTransaction({ appId }: SetTransaction): boolean {
  return appId.startsWith(APP_PREFIX)
}

/** What the batch stored, or undefined where the table does not know it. */
export async function findBatch(
  store: ObjectStore,
  snapshot: Snapshot,
  batchId: string,
): Promise<CommitResult | undefined> {
  const transaction = snapshot.transaction(batchAppId(batchId))
  return transaction && batchResult(store, transaction)
}

async function batchResult(store: ObjectStore, { version, lastUpdated }: SetTransaction): Promise<CommitResult> {
  // Old commits are cleaned away; the batch is known all the same.
  const commit = await readCommit(store, version)
  const info = commit && commitInfoOf(commit.actions)
  const facts = info?.forgeWriter
  const inserted = facts?.rowsInserted ?? 0
  const updated = facts?.rowsUpdated ?? 0
  return {
    version,
    alreadyWritten: true,
    timestamp: new Date(info?.timestamp ?? lastUpdated ?? 0).toISOString(),
    rowsWritten: inserted + updated,
    rowsInserted: inserted,
    rowsUpdated: updated,
    rowsDeleted: facts?.rowsDeleted ?? 0,
    rowsSkipped: facts?.rowsSkipped ?? 0,
  }
}
